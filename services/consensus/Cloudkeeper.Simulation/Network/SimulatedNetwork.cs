using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Network;

/// <summary>Carries envelopes between endpoints: late, in another order, twice, or not at all.</summary>
internal sealed class SimulatedNetwork(
    Scheduler scheduler, SimulationRandom random, Trace trace, Totals totals, SimulationOptions options)
{
    private const int SlowFactor = 50;
    private const int StragglerElections = 10;

    /// <summary>
    /// Messages that a cut link does not carry are sent again by TCP and arrive when the link is whole, unless the
    /// connection is given up before.
    /// </summary>
    private const double HeldShare = 0.5;

    private const int HeldMax = 100;

    private readonly Dictionary<int, IEndpoint> _endpoints = [];
    private readonly HashSet<(int From, int To)> _cut = [];
    private readonly Dictionary<(int From, int To), long> _lastArrival = [];

    // In the order of the list, never in that of a hash.
    private readonly List<Envelope> _held = [];

    /// <summary>Probability that an envelope is lost.</summary>
    public double Loss { get; set; }

    /// <summary>Probability that a message between nodes arrives twice.</summary>
    public double Duplication { get; set; }

    /// <summary>Probability that a request of a gateway arrives twice.</summary>
    public double RepeatedRequests { get; set; }

    /// <summary>Probability that an envelope is stuck somewhere until several elections may be over.</summary>
    public double Stragglers { get; set; }

    /// <summary>Probability that an envelope takes many times as long as the others.</summary>
    public double SlowShare { get; set; } = 0.01;

    /// <summary>Factor by which everything takes longer.</summary>
    public double Slowness { get; set; } = 1;

    public void Add(int address, IEndpoint endpoint) => _endpoints[address] = endpoint;

    public void Cut(int from, int to) => _cut.Add((from, to));

    public void Join(int from, int to)
    {
        _cut.Remove((from, to));
        Release();
    }

    /// <summary>
    /// All links are whole again, and new: nothing waits behind messages that are still under way on the old ones.
    /// </summary>
    public void JoinAll()
    {
        _cut.Clear();
        _lastArrival.Clear();
        Release();
    }

    public bool IsCut(int from, int to) => _cut.Contains((from, to));

    public void Send(Envelope envelope)
    {
        totals.Messages++;
        Carry(envelope);
        if (random.Chance(envelope is RequestEnvelope ? RepeatedRequests : Repeats(envelope) ? Duplication : 0))
        {
            Carry(envelope);
        }
    }

    // Answers over a connection come once; a receiver of questions must cope with more.
    private static bool Repeats(Envelope envelope) => envelope is PeerEnvelope or ChunkEnvelope;

    private void Carry(Envelope envelope)
    {
        var delay = 1 + random.Exponential(options.NetworkDelay * Slowness);
        if (random.Chance(SlowShare * Math.Min(Slowness, 10)))
        {
            delay *= random.Between(1, SlowFactor);
        }

        // Where order is kept, the others would have to wait behind it.
        if (options.Reordering && random.Chance(Stragglers))
        {
            totals.Count(Marker.Stragglers);
            delay += random.NextInt64(StragglerElections * options.ElectionTimeout);
        }

        if (_cut.Contains((envelope.From, envelope.To)))
        {
            HoldOrLose(envelope);
            return;
        }

        if (random.Chance(Loss))
        {
            Lose(envelope);
            return;
        }

        scheduler.After(InOrder(envelope, delay), () => Deliver(envelope));
    }

    private long InOrder(Envelope envelope, long delay)
    {
        if (options.Reordering)
        {
            return delay;
        }

        var link = (envelope.From, envelope.To);
        var arrival = Math.Max(scheduler.Now + delay, _lastArrival.GetValueOrDefault(link) + 1);
        _lastArrival[link] = arrival;
        return arrival - scheduler.Now;
    }

    private void Deliver(Envelope envelope)
    {
        if (_cut.Contains((envelope.From, envelope.To)))
        {
            HoldOrLose(envelope);
            return;
        }

        _endpoints[envelope.To].Receive(envelope);
    }

    private void HoldOrLose(Envelope envelope)
    {
        if (envelope is PeerEnvelope && _held.Count < HeldMax && random.Chance(HeldShare))
        {
            _held.Add(envelope);
        }
        else
        {
            Lose(envelope);
        }
    }

    /// <summary>Releases held messages, in any order with those that are sent from now on.</summary>
    private void Release()
    {
        foreach (var envelope in _held.FindAll(e => !IsCut(e.From, e.To)))
        {
            _held.Remove(envelope);
            totals.Count(Marker.MessagesHeldByCutLinks);
            scheduler.After(InOrder(envelope, 1 + random.Exponential(options.NetworkDelay)), () => Deliver(envelope));
        }
    }

    private void Lose(Envelope envelope)
    {
        totals.Count(Marker.MessagesLost);
        trace.Add(TraceKind.Lost, envelope.From, envelope.To);
    }
}
