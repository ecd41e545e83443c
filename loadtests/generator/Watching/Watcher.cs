using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>One connection with its watches: it has asked once and only reads from then on.</summary>
internal sealed class Watcher : IDisposable
{
    private readonly IWatchProtocol _protocol;
    private readonly Deliveries _deliveries;
    private readonly Tally _settled;
    private readonly SocketAsyncEventArgs _receiving = new();
    private readonly Socket _socket;
    private readonly List<long> _found = [];
    private int _settledHere;

    /// <param name="settled">Counts the watches that have begun, or never will.</param>
    public Watcher(EndPoint server, IWatchProtocol protocol, Deliveries deliveries, Tally settled)
    {
        _protocol = protocol;
        _deliveries = deliveries;
        _settled = settled;
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _receiving.SetBuffer(new byte[2048]);
        _receiving.Completed += (_, _) => Drive();
    }

    /// <summary>What went wrong; null while the streams are open.</summary>
    public string? Error { get; private set; }

    public int Watches => _protocol.Watches;

    public int Begun => _protocol.Begun;

    public int ProgressCount => _protocol.ProgressCount;

    /// <summary>Connects, asks, and leaves the rest to the completions.</summary>
    public void Start(EndPoint server)
    {
        try
        {
            _socket.Connect(server);
            _socket.Send(_protocol.Opening);
            if (!_socket.ReceiveAsync(_receiving))
            {
                Drive();
            }
        }
        catch (SocketException e)
        {
            Fail(e.SocketErrorCode.ToString());
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
                    Fail("closed");
                    return;
                }

                Take(_receiving.MemoryBuffer.Span[.._receiving.BytesTransferred]);
            }
            while (!_socket.ReceiveAsync(_receiving));
        }
        catch (Exception e) when (e is InvalidDataException or SocketException)
        {
            Fail(e.Message);
        }
        catch (ObjectDisposedException)
        {
            Fail("disposed");
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _found.Clear();
        var reply = _protocol.Take(bytes, _found);
        if (reply.Length > 0)
        {
            _socket.Send(reply.Span);
        }

        if (_found.Count > 0)
        {
            _deliveries.Add(_found, Stopwatch.GetTimestamp());
        }

        Settle(_protocol.Begun);
    }

    private void Fail(string error)
    {
        Error = error;
        Settle(_protocol.Watches);
    }

    private void Settle(int settled)
    {
        if (settled > _settledHere)
        {
            _settled.Add(settled - _settledHere);
            _settledHere = settled;
        }
    }
}
