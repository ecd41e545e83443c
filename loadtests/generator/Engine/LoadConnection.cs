using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>
/// One connection with one request in flight. It is a state machine on socket completions rather than an async method:
/// the next request leaves from the very completion that brought the answer, without allocation.
/// </summary>
internal sealed class LoadConnection : IDisposable
{
    private const int ReplyLimit = 4 << 20;
    private readonly IExchange _exchange;
    private readonly EndPoint _server;
    private readonly LoadWindow _window;
    private readonly LoadPace? _pace;
    private readonly SocketAsyncEventArgs _sending = new();
    private readonly SocketAsyncEventArgs _receiving = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private Socket? _socket;
    private byte[] _received = new byte[4096];
    private int _receivedCount;
    private long _sentAt;
    private Stage _stage;
    private volatile bool _isDisposed;

    /// <param name="exchange">Its requests and answers.</param>
    /// <param name="server">The server's address.</param>
    /// <param name="window">When it counts.</param>
    /// <param name="pace">Null: the next request leaves when the last one is answered.</param>
    public LoadConnection(IExchange exchange, EndPoint server, LoadWindow window, LoadPace? pace = null)
    {
        _exchange = exchange;
        _server = server;
        _window = window;
        _pace = pace;
        Finished = _finished.Task;
        _sending.Completed += (_, _) => Drive();
        _receiving.Completed += (_, _) => Drive();
    }

    private enum Stage
    {
        Rest,
        Send,
        Receive,
        Answer,
    }

    public LatencyHistogram Latencies { get; } = new();

    /// <summary>Failed operations by status code, and failures of the connection by their name.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>Completes when the window has ended and the last answer is there.</summary>
    public Task Finished { get; }

    public void Start()
    {
        if (Connect())
        {
            Drive();
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _socket?.Dispose();
        _sending.Dispose();
        _receiving.Dispose();
    }

    private void Drive()
    {
        try
        {
            while (Advance())
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidDataException)
        {
            Count(e is InvalidDataException ? "malformed" : "connection");
            _finished.TrySetResult();
        }
    }

    /// <summary>Takes one step; false when a completion will go on, or when the run is over.</summary>
    private bool Advance()
    {
        switch (_stage)
        {
            case Stage.Rest:
                return Rest();
            case Stage.Send:
                return SendNext();
            case Stage.Receive:
                if (_sending.SocketError != SocketError.Success)
                {
                    return Reconnect();
                }

                _stage = Stage.Answer;
                _receiving.SetBuffer(_received, _receivedCount, _received.Length - _receivedCount);
                return !_socket!.ReceiveAsync(_receiving);
            default:
                return TakeReceived();
        }
    }

    /// <summary>Until it is this connection's turn.</summary>
    private bool Rest()
    {
        _stage = Stage.Send;
        _pace?.Await(Drive);
        return _pace is null;
    }

    private bool SendNext()
    {
        var now = Stopwatch.GetTimestamp();
        if (now >= _window.Until || !_exchange.TryNextRequest(out var request))
        {
            _finished.TrySetResult();
            return false;
        }

        _sentAt = now;
        _stage = Stage.Receive;
        _sending.SetBuffer(request.Array, request.Offset, request.Count);
        return !_socket!.SendAsync(_sending);
    }

    private bool TakeReceived()
    {
        if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0)
        {
            return Reconnect();
        }

        _receivedCount += _receiving.BytesTransferred;
        if (!_exchange.TryReadReply(_received.AsSpan(0, _receivedCount), out var reply, out var consumed))
        {
            _stage = Stage.Receive;
            EnsureRoom();
            return true;
        }

        // One request is in flight: bytes after its answer belong to nothing that was asked.
        if (consumed != _receivedCount)
        {
            throw new InvalidDataException("bytes after the answer");
        }

        _receivedCount = 0;
        _stage = Stage.Rest;
        Record(reply);
        return true;
    }

    private void Record(Reply reply)
    {
        var now = Stopwatch.GetTimestamp();
        if (!_window.Contains(now))
        {
            return;
        }

        if (reply.Kind == ReplyKind.Success)
        {
            Latencies.Record((long)Stopwatch.GetElapsedTime(_sentAt, now).TotalMicroseconds);
        }
        else if (reply.Kind == ReplyKind.Failure)
        {
            Count(reply.Code.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void EnsureRoom()
    {
        if (_receivedCount == _received.Length)
        {
            if (_received.Length >= ReplyLimit)
            {
                throw new InvalidDataException("the answer is too long");
            }

            Array.Resize(ref _received, _received.Length * 2);
        }
    }

    /// <summary>The server closed the connection with a request under way, whose outcome is therefore unknown.</summary>
    private bool Reconnect()
    {
        Count("closed");
        return !_isDisposed && Connect();
    }

    /// <summary>Blocks: on loopback a connection is accepted or refused at once. A refusal ends this connection's run.</summary>
    private bool Connect()
    {
        _socket?.Dispose();
        _receivedCount = 0;
        _stage = Stage.Rest;
        _socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            _socket.Connect(_server);
        }
        catch (SocketException)
        {
            Count("refused");
            _finished.TrySetResult();
            return false;
        }

        _exchange.Connected();
        return true;
    }

    private void Count(string error) => _errors[error] = _errors.GetValueOrDefault(error) + 1;
}
