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
    public void Events_are_found_in_pieces_of_any_size(int pieceLength)
    {
        var watch = new Http1Watch("h", "/v1/watch?path=/a");
        var stream = Head + Chunk("event: created\ndata: {}\nid: 17\n\nevent: cha") + Chunk("nged\ndata: {}\nid: 1")
            + Chunk("8\n\nevent: progress\ndata: {}\nid: 19\n\n");
        var found = new List<long>();
        foreach (var piece in Encoding.ASCII.GetBytes(stream).Chunk(pieceLength))
        {
            Assert.Equal(0, watch.Take(piece, found).Length);
        }

        Assert.Equal(1, watch.Begun);
        Assert.Equal([17, 18], found);
        Assert.Equal(1, watch.ProgressCount);
    }

    [Theory]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n")]
    [InlineData(Head + "0\r\n\r\n")]
    public void A_refusal_and_the_end_of_a_stream_are_reported(string stream) =>
        Assert.Throws<InvalidDataException>(() => new Http1Watch("h", "/").Take(Encoding.ASCII.GetBytes(stream), []));

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1_000)]
    public void Watches_that_share_a_connection_are_told_apart(int pieceLength)
    {
        var watches = new Http2Watches("h", ["/v1/watch?path=/a", "/v1/watch?path=/b"]);
        byte[] stream =
        [
            .. Frame(4, 0, 0, [0, 3, 0, 0, 0, 100]), .. Frame(1, 4, 1, [0x20, 0x88, 0x5f]), .. Frame(1, 4, 3, [0x88]),
            .. Frame(0, 0, 1, "event: created\ndata: {}\nid: 1"u8), .. Frame(0, 0, 3, "event: progress\ndata: {}\nid: 19\n\n"u8),
            .. Frame(6, 0, 0, "12345678"u8), .. Frame(0, 0, 1, "7\n\n"u8),
        ];
        var found = new List<long>();
        var replies = new List<byte>();
        foreach (var piece in stream.Chunk(pieceLength))
        {
            replies.AddRange(watches.Take(piece, found).ToArray());
        }

        Assert.Equal(2, watches.Begun);
        Assert.Equal([17], found);
        Assert.Equal(1, watches.ProgressCount);
        Assert.Equal([.. Frame(4, 1, 0, []), .. Frame(6, 1, 0, "12345678"u8)], replies);
    }

    [Fact]
    public void A_refusal_and_the_end_of_a_shared_stream_are_reported()
    {
        Assert.Throws<InvalidDataException>(() => Take(Frame(1, 5, 1, [0x8d])));
        Assert.Throws<InvalidDataException>(() => Take([.. Frame(1, 4, 1, [0x88]), .. Frame(0, 1, 1, [])]));
        Assert.Throws<InvalidDataException>(() => Take(Frame(3, 0, 1, [0, 0, 0, 8])));

        static void Take(byte[] stream) => new Http2Watches("h", ["/"]).Take(stream, []);
    }

    private static string Chunk(string content) => $"{content.Length:x}\r\n{content}\r\n";

    private static byte[] Frame(byte type, byte flags, byte stream, ReadOnlySpan<byte> payload) =>
        [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
