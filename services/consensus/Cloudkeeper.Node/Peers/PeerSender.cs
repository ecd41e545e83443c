using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// Sends messages to one peer over one long request: ordered, and for a fraction of the cost of a request a message.
/// Messages that cannot be sent are lost, as Raft expects; Raft is notified, so that it stops streaming at a peer that
/// is not there.
/// </summary>
/// <remarks>
/// It is dialled less and less often then (<see cref="DialBackoff"/>), and at once when there is a reason: it has
/// opened a stream to here, or its address or identity has changed. An election is one too: it skips all pauses, and
/// comes at most once in an election timeout.
/// </remarks>
internal sealed partial class PeerSender : IAsyncDisposable
{
    private const int WaitingMax = 4_096;
    private const int FlushBytes = 256 << 10;

    /// <summary>A peer that ends the stream gives the reason in a sentence.</summary>
    private const int ReasonBytesMax = 4 << 10;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(DialBackoff.FirstMilliseconds);

    /// <summary>A peer that is on its way into the cluster ends the stream again and again, for the same reason.</summary>
    private static readonly TimeSpan LossLogInterval = TimeSpan.FromSeconds(10);

    private readonly NodeId _peer;
    private readonly Uri _address;
    private readonly HttpClient _client;
    private readonly NodeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<NodeId> _unreachable;
    private readonly Action _removed;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<RaftMessage> _waiting = Channel.CreateBounded<RaftMessage>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly DialBackoff _backoff = new(new Random());

    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource _reason = NewReason();
    private volatile bool _isResting;
    private bool _isConnected;
    private long _connected;
    private string? _lastLoss;
    private long _lossLogged;

    /// <param name="address">The peer's stream endpoint, with the caller's identity in its query.</param>
    /// <param name="removed">Called when the peer answers that this node is no member any more.</param>
    public PeerSender(
        NodeId peer,
        Uri address,
        HttpClient client,
        NodeMetrics metrics,
        TimeProvider time,
        ILogger logger,
        Action<NodeId> unreachable,
        Action removed)
    {
        _peer = peer;
        _address = address;
        _client = client;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _unreachable = unreachable;
        _removed = removed;
    }

    public void Start() => _sending = Task.Run(RunAsync);

    public void Send(RaftMessage message)
    {
        var isElection = message is PreVoteRequest or VoteRequest or TimeoutNowRequest;
        if ((_isResting && !isElection) || !_waiting.Writer.TryWrite(message))
        {
            _metrics.MessageDropped();
        }

        if (isElection && (_isResting || !Volatile.Read(ref _isConnected)))
        {
            DialSoon();
        }
    }

    /// <summary>There is a reason not to wait for the end of the pause.</summary>
    public void DialSoon() => Volatile.Read(ref _reason).TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sending;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Volatile.Write(ref _isConnected, false);
            try
            {
                await StreamAsync(_stopping.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                NoticeLoss(e);
            }

            var lasted = _isConnected ? _time.GetElapsedTime(_connected) : TimeSpan.Zero;
            _isResting = true;

            // Old messages would only confuse a peer that comes back: Raft sends anew.
            while (_waiting.Reader.TryRead(out _))
            {
                _metrics.MessageDropped();
            }

            await RestAsync(lasted);
        }
    }

    private async Task RestAsync(TimeSpan lasted)
    {
        var pause = TimeSpan.FromMilliseconds(_backoff.AfterLoss((long)lasted.TotalMilliseconds));
        await Task.Delay(ShortestPause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Volatile.Read(ref _reason).Task.WaitAsync(pause - ShortestPause, _time, _stopping.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Volatile.Read(ref _reason).Task.IsCompleted)
        {
            Volatile.Write(ref _reason, NewReason());
            _backoff.Reset();
        }

        _isResting = false;
    }

    private static TaskCompletionSource NewReason() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task StreamAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamedContent(WriteAsync),
        };
        using var response = await _client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancellationToken);

        // The peer answers only when the stream is over: it is going away, or does not admit us.
        var answer = await BoundedAnswer.ReadAsync(response.Content, ReasonBytesMax, cancellationToken);
        var reason = PlainText.Cut(Encoding.UTF8.GetString(answer));
        if (response.StatusCode == HttpStatusCode.Gone)
        {
            _removed();
        }

        throw new HttpRequestException(reason.Length > 0 ? reason : "The peer has ended the stream.");
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken);
        NoticeConnection();
        var buffer = new ArrayBufferWriter<byte>();
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            var count = 0;
            while (buffer.WrittenCount < FlushBytes && _waiting.Reader.TryRead(out var message))
            {
                WriteFrame(buffer, message);
                count++;
            }

            await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            _metrics.MessagesSent(count);
            buffer.ResetWrittenCount();
        }
    }

    private static void WriteFrame(ArrayBufferWriter<byte> buffer, RaftMessage message)
    {
        var start = buffer.WrittenCount;
        buffer.GetSpan(sizeof(int));
        buffer.Advance(sizeof(int));
        RaftMessageCodec.Write(buffer, message);
        var length = buffer.WrittenCount - start - sizeof(int);

        // ArrayBufferWriter hands its memory out read-only; the frame's length is known only now.
        var frame = System.Runtime.InteropServices.MemoryMarshal.AsMemory(buffer.WrittenMemory);
        BinaryPrimitives.WriteInt32LittleEndian(frame.Span[start..], length);
    }

    private void NoticeConnection()
    {
        _connected = _time.GetTimestamp();
        Volatile.Write(ref _isConnected, true);
        LogConnected(_logger, _peer, _address);
    }

    private void NoticeLoss(Exception cause)
    {
        var isNews = cause.Message != _lastLoss || _time.GetElapsedTime(_lossLogged) > LossLogInterval;
        if (_isConnected && isNews && !_stopping.IsCancellationRequested)
        {
            (_lastLoss, _lossLogged) = (cause.Message, _time.GetTimestamp());
            LogLost(_logger, _peer, PlainText.Cut(cause.Message));
        }

        _unreachable(_peer);
    }

    [LoggerMessage(1, LogLevel.Debug, "Connected to node {Peer} at {Address}")]
    private static partial void LogConnected(ILogger logger, NodeId peer, Uri address);

    [LoggerMessage(2, LogLevel.Warning, "Lost the connection to node {Peer}: {Reason}")]
    private static partial void LogLost(ILogger logger, NodeId peer, string reason);

    /// <summary>A request body that is written for as long as the connection lives.</summary>
    private sealed class StreamedContent(Func<Stream, CancellationToken, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            write(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(
            Stream stream,
            TransportContext? context,
            CancellationToken cancellationToken) => write(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
