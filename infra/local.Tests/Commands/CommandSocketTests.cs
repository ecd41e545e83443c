using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Local.Commands;

namespace Cloudkeeper.Local.Tests.Commands;

/// <summary>Bad input of the socket is answered with what is wrong, and leaves nothing behind.</summary>
public sealed class CommandSocketTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"Verb":"add","Arguments":[]}""", "add takes 'node' or 'gateway'.")]
    [InlineData("""{"Verb":"add","Arguments":[null]}""", "add takes 'node' or 'gateway'.")]
    [InlineData("""{"Verb":"replace","Arguments":[]}""", "replace takes the name of a node")]
    [InlineData("""{"Verb":"backup","Arguments":[]}""", "backup takes a file")]
    [InlineData("""{"Verb":"remove"}""", "That is no command")]
    [InlineData("""{"Verb":"remove","Arguments":null}""", "That is no command")]
    [InlineData("""{"Verb":null,"Arguments":[]}""", "That is no command")]
    [InlineData("""{"Verb":"explode","Arguments":[]}""", "There is no command explode")]
    [InlineData("null", "That is no command")]
    [InlineData("", "That is no command")]
    [InlineData("[]", "That is no command")]
    [InlineData("GET / HTTP/1.1", "That is no command")]
    public async Task A_line_that_is_no_command_is_refused_with_the_reason(string line, string reason)
    {
        var answer = await AskAsync(line + "\n", (_, _) => throw new InvalidOperationException("It must not come here."));
        Assert.StartsWith($"!{reason}", answer, StringComparison.Ordinal);
        Assert.EndsWith("\n=2\n", answer, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_line_has_a_limit()
    {
        var answer = await AskAsync(new string('x', 1 << 20), (_, _) => Task.FromResult(0));
        Assert.Equal("!A command has 65536 bytes at most.\n=2\n", answer);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_command_is_executed_and_the_next_one_too()
    {
        const string Line = """{"Verb":"status","Arguments":[]}""";
        Assert.Equal(" status\n=0\n", await AskAsync(Line + "\n", async (request, output) =>
        {
            await output.SayAsync(request.ToString());
            return 0;
        }));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_unforeseen_failure_is_reported()
    {
        var answer = await AskAsync("""{"Verb":"status","Arguments":[]}""" + "\n", (_, _) => throw new IOException("No space left."));
        Assert.Equal("!That failed: No space left. The terminal of the cluster shows more.\n=1\n", answer);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("{\"Verb\":")]
    public async Task A_silent_client_is_not_waited_for(string beginning)
    {
        using var socket = CommandSocket.Listen(_folder.Path, TimeSpan.FromMilliseconds(100));
        var serving = socket.ServeAsync((_, _) => Task.FromResult(0), _stop.Token);
        using var client = await ConnectAsync();
        await client.SendAsync(Encoding.UTF8.GetBytes(beginning), TestContext.Current.CancellationToken);
        Assert.Equal(0, await client.ReceiveAsync(new byte[10], TestContext.Current.CancellationToken));
        await StopAsync(serving);
    }

    /// <summary>More than have a place at a time.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_silent_crowd_keeps_no_client_out()
    {
        using var socket = CommandSocket.Listen(_folder.Path, TimeSpan.FromMilliseconds(100));
        var serving = socket.ServeAsync((_, _) => Task.FromResult(0), _stop.Token);
        var crowd = new List<Socket>();
        for (var i = 0; i < 150; i++)
        {
            crowd.Add(await ConnectAsync());
        }

        using var client = await ConnectAsync();
        Assert.Equal("=0\n", await AskAsync(client, """{"Verb":"status","Arguments":[]}""" + "\n"));
        crowd.ForEach(idle => idle.Dispose());
        await StopAsync(serving);
    }

    private async Task<string> AskAsync(string text, Func<CommandRequest, CommandOutput, Task<int>> execute)
    {
        using var socket = CommandSocket.Listen(_folder.Path);
        var serving = socket.ServeAsync(execute, _stop.Token);
        using var client = await ConnectAsync();
        var answer = await AskAsync(client, text);
        await StopAsync(serving);
        return answer;
    }

    private static async Task<string> AskAsync(Socket client, string text)
    {
        await using var stream = new NetworkStream(client);
        var sending = SendAsync(stream, text);
        using var reader = new StreamReader(stream);
        var answer = new StringBuilder();
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            answer.Append(line).Append('\n');
            if (line.StartsWith('='))
            {
                break;
            }
        }

        await sending;
        return answer.ToString();
    }

    private static async Task SendAsync(NetworkStream stream, string text)
    {
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // It does not read to the end.
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(_folder["local.sock"]), TestContext.Current.CancellationToken);
        return client;
    }

    private async Task StopAsync(Task serving)
    {
        await _stop.CancelAsync();
        await serving;
    }
}
