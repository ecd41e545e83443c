using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Cloudkeeper.Local.Commands;

/// <summary>
/// How a second terminal reaches the cluster that runs: a socket in its data directory, so that only users that may
/// write there may give commands.
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

    /// <summary>A command is shorter by far; a path takes 4,096 bytes, and JSON six for each that it escapes.</summary>
    private const int LineBytesMax = 64 << 10;

    /// <summary>Connections at a time; more wait their turn.</summary>
    private const int ClientsMax = 64;

    /// <summary>A client sends its command at once, or is none.</summary>
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    private readonly Socket _listener;
    private readonly string _path;
    private readonly TimeSpan _patience;
    private readonly SemaphoreSlim _places = new(ClientsMax);

    private CommandSocket(Socket listener, string path, TimeSpan patience)
    {
        _listener = listener;
        _path = path;
        _patience = patience;
    }

    /// <summary>What is wrong with a data directory whose socket no program could name; else null.</summary>
    public static string? TooLong(string data)
    {
        var path = PathIn(data);
        var length = Encoding.UTF8.GetByteCount(path);
        return length <= PathBytesMax
            ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"The path {path} is too long for a socket ({length} bytes, {PathBytesMax} are possible): choose a shorter directory "
                + $"with --data, or start further down.");
    }

    /// <summary>The directory is ours alone: a socket that stands there was left behind.</summary>
    /// <param name="data">The directory.</param>
    /// <param name="patience">How long a connection may be silent; null: ten seconds.</param>
    /// <exception cref="FormatException">There can be no socket; states what to do.</exception>
    public static CommandSocket Listen(string data, TimeSpan? patience = null)
    {
        var path = UsablePathIn(data);
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new FormatException(
                $"There can be no socket in {data}: {e.Message} Choose a directory on another file system with --data.", e);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        listener.Listen();
        return new CommandSocket(listener, path, patience ?? DefaultPatience);
    }

    /// <summary>Serves until it is cancelled; commands under way are given up then.</summary>
    public async Task ServeAsync(Func<CommandRequest, CommandOutput, Task<int>> execute, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(stopping);
                _ = AnswerAsync(await AcceptAsync(stopping), execute, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It was asked to.
        }
    }

    /// <summary>Sends one command, prints what comes back, and returns its exit code.</summary>
    /// <returns>Null: no process listens there.</returns>
    public static async Task<int?> SendAsync(string data, CommandRequest request, CancellationToken cancellationToken)
    {
        var endPoint = new UnixDomainSocketEndPoint(UsablePathIn(data));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
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

    private static string UsablePathIn(string data) =>
        TooLong(data) is { } problem ? throw new FormatException(problem) : PathIn(data);

    /// <summary>Relative where that is shorter.</summary>
    private static string PathIn(string data)
    {
        var path = Path.Combine(data, FileName);
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.Length < path.Length ? relative : path;
    }

    /// <summary>A system that is short of something has no connection for us now: the cluster runs on.</summary>
    private async Task<Socket> AcceptAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return await _listener.AcceptAsync(stopping);
            }
            catch (SocketException e)
            {
                Console.WriteLine($"A command could not be taken: {e.Message}");
                await Task.Delay(AcceptPause, stopping);
            }
        }
    }

    private async Task AnswerAsync(
        Socket client, Func<CommandRequest, CommandOutput, Task<int>> execute, CancellationToken stopping)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            await using var writer = new StreamWriter(stream) { AutoFlush = true };
            if (await ReadLineAsync(stream, stopping) is { } line)
            {
                await ExecuteAsync(line, new CommandOutput(writer), execute, stopping);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone, or is silent, or we stop: there is no answer to send.
        }
        finally
        {
            _places.Release();
        }
    }

    /// <returns>The line without its end, as much of it as may come; null: there is none.</returns>
    private async Task<ReadOnlyMemory<byte>?> ReadLineAsync(NetworkStream stream, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(_patience);
        var line = new ArrayBufferWriter<byte>();
        var chunk = new byte[4096];
        while (line.WrittenCount <= LineBytesMax)
        {
            var length = await stream.ReadAsync(chunk, deadline.Token);
            var end = chunk.AsSpan(0, length).IndexOf((byte)'\n');
            line.Write(chunk.AsSpan(0, end < 0 ? length : end));
            if (end >= 0)
            {
                break;
            }

            if (length == 0)
            {
                return null;
            }
        }

        return line.WrittenMemory;
    }

    private static async Task ExecuteAsync(
        ReadOnlyMemory<byte> line, CommandOutput output, Func<CommandRequest, CommandOutput, Task<int>> execute,
        CancellationToken stopping)
    {
        try
        {
            var request = line.Length > LineBytesMax
                ? throw new FormatException($"A command has {LineBytesMax} bytes at most.")
                : CommandRequest.Read(line.Span);
            await output.EndAsync(await execute(request, output));
        }
        catch (FormatException e)
        {
            await output.ComplainAsync(e.Message);
            await output.EndAsync(2);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // No caller awaits this task: the client of the command gets the error, and the terminal of the cluster.
            await Console.Error.WriteLineAsync($"A command failed: {e}");
            await output.ComplainAsync($"That failed: {e.Message} The terminal of the cluster shows more.");
            await output.EndAsync(1);
        }
    }
}
