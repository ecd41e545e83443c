using System.Net.Sockets;
using System.Text.Json;

namespace Cloudkeeper.Local.Commands;

/// <summary>
/// How a second terminal reaches the cluster that runs: a socket in its data directory, so that whoever may write there
/// may give commands, and nobody else.
/// </summary>
/// <remarks>
/// One command a connection. Its request is a line of JSON; the answer is text, each line marked by its first character:
/// a space before what is to be printed, <c>!</c> before what is wrong, <c>=</c> before the exit code at the end.
/// </remarks>
internal sealed class CommandSocket : IDisposable
{
    private const string FileName = "local.sock";

    /// <summary>What the system's address structure holds, with its end.</summary>
    private const int PathBytesMax = 107;

    private readonly Socket _listener;
    private readonly string _path;

    private CommandSocket(Socket listener, string path)
    {
        _listener = listener;
        _path = path;
    }

    /// <summary>The directory is ours alone: a socket that stands there was left behind.</summary>
    public static CommandSocket Listen(string data)
    {
        var path = PathIn(data);
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        listener.Listen();
        return new CommandSocket(listener, path);
    }

    /// <summary>Serves until it is cancelled; commands under way are given up then.</summary>
    public async Task ServeAsync(Func<CommandRequest, CommandOutput, Task<int>> execute, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptAsync(stopping), execute, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It was asked to.
        }
    }

    /// <summary>Sends one command, prints what comes back, and returns its exit code.</summary>
    /// <returns>Null: nobody listens there.</returns>
    public static async Task<int?> SendAsync(string data, CommandRequest request, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathIn(data)), cancellationToken);
        }
        catch (SocketException)
        {
            return null;
        }

        await using var stream = new NetworkStream(socket);
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, CommandJson.Default.CommandRequest), (byte)'\n'];
        await stream.WriteAsync(line, cancellationToken);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } answer)
        {
            switch (answer[0])
            {
                case CommandOutput.ExitMark:
                    return int.Parse(answer.AsSpan(1), provider: null);
                case CommandOutput.ErrorMark:
                    await Console.Error.WriteLineAsync(answer[1..]);
                    break;
                default:
                    Console.WriteLine(answer[1..]);
                    break;
            }
        }

        await Console.Error.WriteLineAsync("The cluster has stopped meanwhile.");
        return 1;
    }

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }

    /// <summary>Relative where that is shorter.</summary>
    private static string PathIn(string data)
    {
        var path = Path.Combine(data, FileName);
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        path = relative.Length < path.Length ? relative : path;
        return System.Text.Encoding.UTF8.GetByteCount(path) <= PathBytesMax
            ? path
            : throw new FormatException($"The path {path} is too long for a socket: choose a shorter one with --data.");
    }

    private static async Task AnswerAsync(
        Socket client, Func<CommandRequest, CommandOutput, Task<int>> execute, CancellationToken stopping)
    {
        await using var stream = new NetworkStream(client, ownsSocket: true);
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream) { AutoFlush = true };
        var output = new CommandOutput(writer);
        try
        {
            var line = await reader.ReadLineAsync(stopping);
            var request = JsonSerializer.Deserialize(line ?? "null", CommandJson.Default.CommandRequest);
            await output.EndAsync(request is null ? 2 : await execute(request, output));
        }
        catch (Exception e) when (e is IOException or JsonException or OperationCanceledException)
        {
            // Whoever asked has gone, or is none of ours, or we stop: nobody waits for an answer.
        }
    }
}
