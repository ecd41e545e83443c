using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>One watcher: a connection that has asked once and only reads from then on.</summary>
internal sealed class Watcher : IDisposable
{
    private readonly EventScanner _scanner = new();
    private readonly Deliveries _deliveries;
    private readonly SocketAsyncEventArgs _receiving = new();
    private readonly Socket _socket;
    private readonly List<long> _found = [];

    public Watcher(EndPoint server, Deliveries deliveries)
    {
        _deliveries = deliveries;
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _receiving.SetBuffer(new byte[2048]);
        _receiving.Completed += (_, _) => Drive();
    }

    /// <summary>What went wrong; null while the stream is open.</summary>
    public string? Error { get; private set; }

    public bool HasBegun => _scanner.HasBegun;

    public int ProgressCount => _scanner.ProgressCount;

    /// <summary>Connects, asks, and leaves the rest to the completions.</summary>
    public void Start(EndPoint server, byte[] request)
    {
        try
        {
            _socket.Connect(server);
            _socket.Send(request);
            if (!_socket.ReceiveAsync(_receiving))
            {
                Drive();
            }
        }
        catch (SocketException e)
        {
            Error = e.SocketErrorCode.ToString();
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _receiving.Dispose();
    }

    private void Drive()
    {
        try
        {
            do
            {
                if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0)
                {
                    Error = "closed";
                    return;
                }

                Take(_receiving.MemoryBuffer.Span[.._receiving.BytesTransferred]);
            }
            while (!_socket.ReceiveAsync(_receiving));
        }
        catch (InvalidDataException e)
        {
            Error = e.Message;
        }
        catch (ObjectDisposedException)
        {
            Error = "disposed";
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _found.Clear();
        _scanner.Take(bytes, _found);
        if (_found.Count > 0)
        {
            _deliveries.Add(_found, Stopwatch.GetTimestamp());
        }
    }
}
