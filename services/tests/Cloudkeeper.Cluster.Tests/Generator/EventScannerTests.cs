using System.Text;
using Cloudkeeper.LoadGenerator.Watching;

namespace Cloudkeeper.Cluster.Tests.Generator;

public sealed class EventScannerTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Events_are_found_in_whatever_pieces_their_bytes_come(int pieceLength)
    {
        var scanner = new EventScanner();
        var stream = Head + Chunk("event: created\ndata: {}\nid: 17\n\nevent: cha") + Chunk("nged\ndata: {}\nid: 1")
            + Chunk("8\n\nevent: progress\ndata: {}\nid: 19\n\n");
        var found = new List<long>();
        foreach (var piece in Encoding.ASCII.GetBytes(stream).Chunk(pieceLength))
        {
            scanner.Take(piece, found);
        }

        Assert.True(scanner.HasBegun);
        Assert.Equal([17, 18], found);
        Assert.Equal(1, scanner.ProgressCount);
    }

    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n")]
    [InlineData(Head + "0\r\n\r\n")]
    public void A_refusal_and_the_end_of_a_stream_are_said(string stream) =>
        Assert.Throws<InvalidDataException>(() => new EventScanner().Take(Encoding.ASCII.GetBytes(stream), []));

    private static string Chunk(string content) => $"{content.Length:x}\r\n{content}\r\n";
}
