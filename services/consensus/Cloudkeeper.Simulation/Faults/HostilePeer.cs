using System.Buffers;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// A process that has the cluster's key and means harm: it acts as a stranger, as a learner or as a member that was
/// removed, and goes on to the end of the run. It never has an identity that votes, nor one of which the victim cannot
/// know yet that it votes no longer: a sender that is believed like a voter can do what a voter can.
/// </summary>
internal sealed class HostilePeer(World world, SimulationRandom random) : IEndpoint
{
    /// <summary>Its address, which no member has been given.</summary>
    public const int Address = 98;

    private const int KindsOfMessages = 10;

    private readonly int _pace = random.Logarithmic(2, 100) * (int)Scheduler.Millisecond;

    public void Start()
    {
        if (world.Options.Has(FaultClass.HostilePeer))
        {
            ActLater();
        }
    }

    public void Receive(Envelope envelope)
    {
        // It ignores every answer.
    }

    /// <summary>
    /// It may send this here: as far as is known its identity does not vote, nor owe the victim this answer.
    /// </summary>
    public bool MaySay(NodeProcess victim, NodeId identity, RaftMessage message)
    {
        var isVoter = victim.Trust.HasVouched(identity)
            || Votes(world.Checks.Ledger.Membership, identity)
            || world.Nodes.Any(n => n.Process?.Replica.Voters.Any(v => v.Id == identity) == true);

        // A follower's statement about its own log: a learner that lies there lies as the voter that it becomes.
        var isOwed = message is AppendReply or HeartbeatReply
            && message.From == identity
            && message.Term <= victim.Replica.Term
            && victim.Replica.MatchIndexOf(identity) is not null;
        return !isVoter && !isOwed;
    }

    private void ActLater() => world.Scheduler.After(random.Exponential(_pace), () =>
    {
        if (random.Pick(world.Nodes).Process is { Node.IsPaused: false } victim && victim.Replica.Membership.Members.Count > 0)
        {
            Act(victim);
        }

        ActLater();
    });

    private void Act(NodeProcess victim)
    {
        if (PickIdentity() is not var (identity, instance) || identity == victim.Id)
        {
            return;
        }

        var header = new PeerHeader(NodeStorage.Cluster, identity, instance, victim.Id);
        var from = random.Chance(0.2) ? AnyOther(victim) : identity;
        var message = AnyMessage(from, victim.Replica);
        if (!MaySay(victim, identity, message))
        {
            return;
        }

        world.Totals.Count(Marker.HostileMessages);
        switch (random.Next(12))
        {
            case 0:
                victim.Receive(new RemovedEnvelope(Address, victim.Node.Address, victim.Id));
                break;
            case 1:
                var announcement = new SnapshotRequest(from, victim.Id, message.Term, AnySnapshot(from, victim.Replica));
                victim.Receive(new ChunkEnvelope(
                    Address,
                    victim.Node.Address,
                    header,
                    world.NextId(),
                    Bytes(announcement),
                    Offset: 0,
                    new byte[random.Next(200)],
                    IsLast: random.Chance(0.5)));
                break;
            default:
                victim.ReceiveHostile(new PeerEnvelope(Address, victim.Node.Address, header, Spoil(Bytes(message))));
                break;
        }
    }

    private (NodeId Id, Guid Instance)? PickIdentity()
    {
        var committed = world.Checks.Ledger.Membership;
        switch (random.Next(3))
        {
            case 0:
                var learners = committed.Members.Where(m => m.IsLearner && m.Instance != Guid.Empty).ToList();
                return learners.Count > 0 && random.Pick(learners) is var learner ? (learner.Id, learner.Instance) : null;
            case 1:
                var id = new NodeId(random.Between(1, committed.LastId.Value));
                return committed.Find(id) is null ? (id, world.Members.Of(id).Instance) : null;
            default:
                var next = committed.LastId.Value + random.Between(1, 3);
                return (new NodeId(random.Chance(0.2) ? int.MaxValue : next), random.NextGuid());
        }
    }

    private NodeId AnyOther(NodeProcess victim)
    {
        var others = victim.Replica.Membership.Members.Where(m => m.Id != victim.Id).ToList();
        return others.Count > 0 ? random.Pick(others).Id : new NodeId(victim.Id.Value + 1);
    }

    private RaftMessage AnyMessage(NodeId from, ReplicaNode victim)
    {
        var (to, term, lastTerm) = (victim.Id, AnyTerm(victim), AnyTerm(victim));
        var (index, other) = (AnyIndex(victim), AnyIndex(victim));
        return random.Next(KindsOfMessages) switch
        {
            0 => new PreVoteRequest(from, to, term, index, lastTerm),
            1 => new PreVoteReply(from, to, term, random.Chance(0.5)),
            2 => new VoteRequest(from, to, term, index, lastTerm, random.Chance(0.5)),
            3 => new VoteReply(from, to, term, random.Chance(0.5)),
            4 => new AppendRequest(from, to, term, index, lastTerm, AnyEntries(index, term), other),
            5 => new AppendReply(from, to, term, index, random.Chance(0.5) ? other : null, AnyIndex(victim), lastTerm),
            6 => new HeartbeatRequest(from, to, term, index, random.NextInt64(1_000)),
            7 => new HeartbeatReply(from, to, term, random.NextInt64(1_000)),
            8 => new SnapshotRequest(from, to, term, AnySnapshot(from, victim)),
            _ => new TimeoutNowRequest(from, to, term, victim.LastIndex, lastTerm),
        };
    }

    private Term AnyTerm(ReplicaNode victim) => new(random.Next(8) switch
    {
        0 => Term.Largest,
        1 => victim.Term.Value + RaftNode.TermDistanceMax,
        2 => 1,
        _ => Math.Max(1, victim.Term.Value + random.Between(-1, 3)),
    });

    private LogIndex AnyIndex(ReplicaNode victim) => new(random.Next(8) switch
    {
        0 => LogIndex.Largest,
        1 => 0,
        2 => victim.CommitIndex.Value,
        _ => Math.Max(0, victim.LastIndex.Value + random.Between(-2, 3)),
    });

    private LogEntry[] AnyEntries(LogIndex previous, Term term)
    {
        var entries = new LogEntry[random.Next(3)];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = random.Chance(0.3)
                ? new LogEntry(previous + (i + 1), term, EntryKind.Membership, MembershipCodec.Encode(Coup()))
                : new LogEntry(previous + (i + 1), term, EntryKind.Command, new byte[random.Next(30)]);
        }

        return entries;
    }

    private SnapshotMetadata AnySnapshot(NodeId from, ReplicaNode victim) =>
        new(AnyIndex(victim).Next(), AnyTerm(victim), from.Value % 2 == 0 ? Coup() : victim.Membership);

    /// <summary>It alone would decide.</summary>
    private static Membership Coup() =>
        new([new Member(new NodeId(int.MaxValue), Oracle.MemberBook.UrlOf(Address), IsVoter: true)]);

    private byte[] Spoil(byte[] bytes)
    {
        if (random.Chance(0.1))
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    private static byte[] Bytes(RaftMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        RaftMessageCodec.Write(output, message);
        return output.WrittenSpan.ToArray();
    }

    private static bool Votes(Membership members, NodeId id) => members.Find(id) is { IsLearner: false };
}
