using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Hosting.Tests;

public sealed class GatheredOutputTests
{
    private readonly Pipe _wire = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_written_while_bytes_are_on_their_way_goes_out_together()
    {
        await using var connection = Connection();
        await using var gathered = new GatheredOutput(connection);

        await WriteAsync(gathered, "first ");
        var first = await _wire.Reader.ReadAsync(Cancellation);
        await WriteAsync(gathered, "second ");
        await WriteAsync(gathered, "third");

        Assert.Equal("first ", Take(first));
        Assert.Equal("second third", Take(await _wire.Reader.ReadAsync(Cancellation)));
    }

    [Fact]
    public async Task All_that_was_written_is_with_the_transport_when_it_is_disposed()
    {
        await using var connection = Connection();
        var gathered = new GatheredOutput(connection);
        await WriteAsync(gathered, "first ");
        await WriteAsync(gathered, "last");

        var disposed = gathered.DisposeAsync();
        var sent = "";
        while (sent.Length < "first last".Length)
        {
            sent += Take(await _wire.Reader.ReadAsync(Cancellation));
        }

        await disposed;
        Assert.Equal("first last", sent);
    }

    [Fact]
    public async Task A_transport_that_takes_no_more_ends_the_writer_as_well()
    {
        await using var connection = Connection();
        await using var gathered = new GatheredOutput(connection);

        await _wire.Reader.CompleteAsync();

        while (!(await WriteAsync(gathered, "x")).IsCompleted)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_failure_of_the_transport_reaches_the_writer()
    {
        await using var connection = Connection();
        await using var gathered = new GatheredOutput(connection);

        await _wire.Reader.CompleteAsync(new IOException("The cable is cut."));

        var failure = await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await WriteAsync(gathered, "x");
                await Task.Yield();
            }
        });
        Assert.Equal("The cable is cut.", failure.Message);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_stops_the_writer()
    {
        await using var connection = Connection();
        await using var gathered = new GatheredOutput(connection);
        var flush = WriteAsync(gathered, new string('x', 1 << 20));
        while (flush.IsCompleted)
        {
            flush = WriteAsync(gathered, new string('x', 1 << 20));
        }

        Take(await _wire.Reader.ReadAsync(Cancellation));
        while (!flush.IsCompleted)
        {
            Take(await _wire.Reader.ReadAsync(Cancellation));
        }

        Assert.False((await flush).IsCompleted);
    }

    [Fact]
    public async Task Large_answers_of_many_streams_arrive_whole_from_a_host_that_handles_requests_inline()
    {
        await using var host = await TestHost.StartAsync(builder => builder.Services.HandleRequestsInline());
        using var client = new HttpClient();

        var lengths = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/request"))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new StringContent(new string('x', i * 1_000)),
            };
            using var response = await client.SendAsync(request, Cancellation);
            var answer = await response.Content.ReadAsStringAsync(Cancellation);
            return answer.Count(c => c == 'x');
        }));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => i * 1_000), lengths);
    }

    private static ValueTask<FlushResult> WriteAsync(GatheredOutput gathered, string text) =>
        gathered.Output.WriteAsync(Encoding.ASCII.GetBytes(text), Cancellation);

    private string Take(ReadResult read)
    {
        var text = Encoding.ASCII.GetString(read.Buffer);
        _wire.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private DefaultConnectionContext Connection() => new(
        "connection", new Ends(new Pipe().Reader, _wire.Writer), new Ends(_wire.Reader, new Pipe().Writer));

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
