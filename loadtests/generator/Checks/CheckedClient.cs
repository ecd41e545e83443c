using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.LoadGenerator.Http;

namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>
/// One connection that reads, or writes, random keys and compares each answer with what was known when it asked. A
/// connection that breaks goes on at the next target.
/// </summary>
internal sealed class CheckedClient(
    IReadOnlyList<Target> targets, int number, CheckedKeys keys, CheckTotals totals, bool isWriter) : IDisposable
{
    private const int ValueBytes = 64;
    private const int WriteDigits = 16;

    /// <summary>The number of a writer stands above the number of its write.</summary>
    private const int WriterShift = 40;

    private static readonly TimeSpan ReconnectPause = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new(number);
    private readonly byte[] _received = new byte[64 << 10];
    private Socket? _socket;
    private int _target = number % targets.Count;
    private long _lastWrite;

    public static (int Writer, long Number) Split(long write) =>
        ((int)(write >> WriterShift), write & ((1L << WriterShift) - 1));

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                _socket ??= await ConnectAsync(stopping);
                await AskAsync(_random.Next(keys.Count), stopping);
            }
            catch (Exception e) when (e is SocketException or InvalidDataException or IOException)
            {
                totals.CountUnanswered();
                _socket?.Dispose();
                _socket = null;
                _target = (_target + 1) % targets.Count;
                await Task.Delay(ReconnectPause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Creates the nodes, each by a write of this client.</summary>
    public async Task FillAsync(CancellationToken stopping)
    {
        _socket ??= await ConnectAsync(stopping);
        for (var key = 0; key < keys.Count; key++)
        {
            await AskAsync(key, stopping);
        }
    }

    public void Dispose() => _socket?.Dispose();

    private async Task<Socket> ConnectAsync(CancellationToken stopping)
    {
        var address = targets[_target].Address;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, stopping);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AskAsync(int key, CancellationToken stopping)
    {
        var write = isWriter ? ((long)number << WriterShift) | ++_lastWrite : 0;
        var request = isWriter ? PutOf(key, write) : GetOf(key);
        var (keyFloor, treeFloor) = (keys[key].Floor.Revision, keys.Tree.Revision);
        await _socket!.SendAsync(request, stopping);
        var count = 0;
        int status, consumed;
        while (!HttpReply.TryRead(_received.AsSpan(0, count), out status, out consumed))
        {
            var received = count < _received.Length ? await _socket.ReceiveAsync(_received.AsMemory(count), stopping) : 0;
            count += received > 0 ? received : throw new IOException("The answer ends in the middle.");
        }

        Judge(key, write, status, _received.AsSpan(0, consumed), keyFloor, treeFloor);
    }

    private void Judge(int key, long write, int status, ReadOnlySpan<byte> reply, long keyFloor, long treeFloor)
    {
        if (status >= 300)
        {
            totals.CountRefused();
            return;
        }

        var headEnd = reply.IndexOf("\r\n\r\n"u8);
        var head = reply[..(headEnd + 2)];
        var revision = NumberIn(HttpReply.FindHeader(head, "cloudkeeper-revision: "u8));
        keys.Answered(revision, treeFloor);
        if (isWriter)
        {
            totals.CountWrite();
            keys[key].Written(write, revision, keyFloor);
            return;
        }

        totals.CountRead(Encoding.ASCII.GetString(HttpReply.FindHeader(head, "cloudkeeper-cache: "u8)));
        var modified = NumberIn(HttpReply.FindHeader(head, "etag: "u8).Trim((byte)'"'));
        keys[key].Read(WriteIn(reply[(headEnd + 4)..]), modified, keyFloor);
    }

    private static long NumberIn(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long number, out var digits) && digits == text.Length
            ? number
            : throw new InvalidDataException("an answer without its revision");

    public static long WriteIn(ReadOnlySpan<byte> value) =>
        value.Length == ValueBytes
        && Utf8Parser.TryParse(value[..WriteDigits], out long write, out var digits, 'x')
        && digits == WriteDigits
            ? write
            : throw new InvalidDataException("a value that was never written");

    private static byte[] GetOf(int key) =>
        Encoding.ASCII.GetBytes($"GET /v1/nodes{CheckedKeys.PathOf(key)} HTTP/1.1\r\nHost: localhost\r\n\r\n");

    private static byte[] PutOf(int key, long write) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"PUT /v1/nodes{CheckedKeys.PathOf(key)}?parents=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
        + $"Content-Length: {ValueBytes}\r\n\r\n{write.ToString("x16", CultureInfo.InvariantCulture).PadRight(ValueBytes, '.')}"));
}
