using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Redis;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>All parts of one run.</summary>
internal sealed class World
{
    /// <summary>Addresses of the gateways begin here; those of the nodes at 1.</summary>
    public const int FirstGateway = 100;

    /// <summary>The time of all clocks at virtual time 0, Unix milliseconds.</summary>
    public const long Epoch = 1_700_000_000_000;

    private readonly SimulationRandom _random;
    private long _lastId;

    public World(SimulationOptions options, Action<TraceEvent>? listener)
    {
        Options = options;

        // A salt: the swarm has drawn the options from the bare seed.
        var root = new SimulationRandom(Hash.Mix(options.Seed, 0x5EED));
        _random = root.Split();
        Scheduler = new Scheduler(root.Split());
        Trace = new Trace(Scheduler, listener);
        Network = new SimulatedNetwork(Scheduler, root.Split(), Trace, Totals, options);
        Nodes =
            [.. Enumerable.Range(1, options.Nodes + options.Spares).Select(i => new SimulatedNode(this, i, root.Split()))];
        foreach (var spare in Nodes.Skip(options.Nodes))
        {
            spare.IsGone = true;
        }

        Founding = new Membership(Nodes.Take(options.Nodes).Select(FirstMember));
        Facts = new Facts(Totals, options.Replica.Tree, () => Checks!.Ledger.Machine);
        Checks = new Checks(this, Facts.OfEntries);
        Gateways =
            [.. Enumerable.Range(FirstGateway, options.Gateways).Select(a => new Gateway(this, a, root.Split()))];
        Workload = new Workload(this, root.Split());
        Redis = new SimulatedRedis(this, root.Split());
        Neighbour = new Neighbour(this, new SimulationRandom(Hash.Mix(options.Seed, 0x2C15)));
        Adversary = new Adversary(this, new SimulationRandom(Hash.Mix(options.Seed, 0x11A5)));
        HostilePeer = new HostilePeer(this, new SimulationRandom(Hash.Mix(options.Seed, 0x4058)));
        Network.Add(Faults.HostilePeer.Address, HostilePeer);
        var watchers = new List<Watcher>();
        while (watchers.Count < options.Coherence.Watchers)
        {
            watchers.Add(new Watcher(this, root.Split(), watchers.FirstOrDefault()));
        }

        Watchers = watchers;
        Network.Add(SimulatedRedis.Address, Redis);
        foreach (var node in Nodes)
        {
            Network.Add(node.Address, node);
        }

        foreach (var gateway in Gateways)
        {
            Network.Add(gateway.Address, gateway);
        }
    }

    public SimulationOptions Options { get; }

    public Totals Totals { get; } = new();

    public Scheduler Scheduler { get; }

    public Trace Trace { get; }

    public SimulatedNetwork Network { get; }

    public IReadOnlyList<SimulatedNode> Nodes { get; }

    /// <summary>The first members of the cluster.</summary>
    public Membership Founding { get; }

    public MemberBook Members { get; } = new();

    public IReadOnlyList<Gateway> Gateways { get; }

    public Facts Facts { get; }

    public Checks Checks { get; }

    public Workload Workload { get; }

    public SimulatedRedis Redis { get; }

    public Neighbour Neighbour { get; }

    public Adversary Adversary { get; }

    public HostilePeer HostilePeer { get; }

    public IReadOnlyList<Watcher> Watchers { get; }

    /// <summary>The phase in which things go wrong.</summary>
    public bool HasFaults { get; set; }

    public SimulatedNode NodeAt(int address) => Nodes[address - 1];

    /// <summary>Bytes of snapshots that have arrived anywhere.</summary>
    public long SnapshotBytes { get; set; }

    /// <summary>Never the same twice in a run.</summary>
    public long NextId() => ++_lastId;

    private Member FirstMember(SimulatedNode node)
    {
        var (id, url) = (new NodeId(node.Address), MemberBook.UrlOf(node.Address));
        return Options.IsFoundedAlone && node.Address > 1
            ? new Member(id, url, IsVoter: false)
            : new Member(id, url, IsVoter: true) { Instance = node.FirstInstance, Level = node.Level };
    }

    /// <summary>How long a node is down after a crash.</summary>
    public long DownTime() => 1 + _random.Exponential(Options.ElectionTimeout);
}
