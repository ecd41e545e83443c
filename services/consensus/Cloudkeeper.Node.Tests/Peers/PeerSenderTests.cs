using System.Collections.Concurrent;
using System.Net;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudkeeper.Node.Tests.Peers;

/// <summary>A peer that cannot be reached is dialled less and less often, until there is a reason (SR-M9).</summary>
public sealed class PeerSenderTests
{
    private static readonly (NodeId Self, NodeId Peer) Nodes = (new(1), new(2));
    private readonly ManualTime _time = new();

    [Fact]
    public void Pauses_grow_to_their_longest_and_begin_anew_after_a_stream_that_worked()
    {
        var backoff = new DialBackoff(new Random(1));
        for (var full = DialBackoff.FirstMilliseconds; full < DialBackoff.LongestMilliseconds; full *= 2)
        {
            Assert.InRange(backoff.AfterLoss(0), Math.Max(DialBackoff.FirstMilliseconds, full / 2), full);
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.InRange(backoff.AfterLoss(999), DialBackoff.LongestMilliseconds / 2, DialBackoff.LongestMilliseconds);
        }

        Assert.Equal(DialBackoff.FirstMilliseconds, backoff.AfterLoss(DialBackoff.SteadyMilliseconds));
        backoff.AfterLoss(0);
        backoff.Reset();
        Assert.Equal(DialBackoff.FirstMilliseconds, backoff.AfterLoss(0));
    }

    [Fact]
    public void Members_that_lost_a_peer_together_do_not_dial_together()
    {
        var (one, other) = (new DialBackoff(new Random(1)), new DialBackoff(new Random(2)));
        var pauses = Enumerable.Range(0, 20).Select(_ => (one.AfterLoss(0), other.AfterLoss(0))).ToList();
        Assert.Contains(pauses, p => p.Item1 != p.Item2);
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_dialled_every_few_seconds_at_last()
    {
        using var handler = new Unreachable(_time);
        await using var sender = Start(handler);

        await _time.AdvanceUntilAsync(handler.DialledAsync(14));

        var gaps = handler.Gaps;
        Assert.True(gaps[^1] >= TimeSpan.FromSeconds(2.5), string.Join(" ", gaps));
        Assert.True(handler.Elapsed >= TimeSpan.FromSeconds(20), string.Join(" ", gaps));
    }

    [Theory]
    [InlineData("it dials in")]
    [InlineData("there is an election")]
    public async Task A_reason_to_dial_ends_the_pause(string reason)
    {
        using var handler = new Unreachable(_time);
        await using var sender = Start(handler);
        await _time.AdvanceUntilAsync(handler.DialledAsync(10));

        // A heartbeat, which a leader sends all the time, is none.
        sender.Send(new HeartbeatRequest(Nodes.Self, Nodes.Peer, new Term(1), LogIndex.Zero, 0));
        var dials = handler.Dials;
        if (reason == "it dials in")
        {
            sender.DialSoon();
        }
        else
        {
            sender.Send(new PreVoteRequest(Nodes.Self, Nodes.Peer, new Term(1), LogIndex.Zero, default));
        }

        await _time.AdvanceUntilAsync(handler.DialledAsync(dials + 3), TimeSpan.FromMilliseconds(1));
        Assert.True(handler.Gaps[^1] < TimeSpan.FromSeconds(1), string.Join(" ", handler.Gaps));
    }

    private PeerSender Start(Unreachable handler)
    {
        var sender = new PeerSender(
            Nodes.Peer,
            new Uri("http://127.0.0.1:2/raft/stream"),
            handler.Client,
            handler.Metrics,
            _time,
            NullLogger.Instance,
            static _ => { },
            static () => { });
        sender.Start();
        return sender;
    }

    private sealed class Unreachable : HttpMessageHandler
    {
        private readonly ConcurrentQueue<long> _dials = new();
        private readonly ManualTime _time;

        public Unreachable(ManualTime time)
        {
            _time = time;
            Client = new HttpClient(this, disposeHandler: false);
        }

        public HttpClient Client { get; }

        public NodeMetrics Metrics { get; } = new();

        public int Dials => _dials.Count;

        public TimeSpan Elapsed => TimeSpan.FromTicks(_dials.Last() - _dials.First());

        public IReadOnlyList<TimeSpan> Gaps =>
            [.. _dials.Zip(_dials.Skip(1), (before, after) => TimeSpan.FromTicks(after - before))];

        public async Task DialledAsync(int times)
        {
            while (Dials < times)
            {
                await Task.Yield();
            }
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _dials.Enqueue(_time.GetTimestamp());
            throw new HttpRequestException("No process listens.", null, HttpStatusCode.BadGateway);
        }

        protected override void Dispose(bool disposing)
        {
            Client.Dispose();
            Metrics.Dispose();
            base.Dispose(disposing);
        }
    }
}
