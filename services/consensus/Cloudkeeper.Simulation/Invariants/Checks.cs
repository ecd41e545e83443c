using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Invariants;

/// <summary>Where the simulated nodes report to: hands each event to the invariants that care for it.</summary>
internal sealed class Checks
{
    private readonly World _world;
    private readonly Ledger _ledger;
    private readonly Membership _membership;
    private readonly EntryRegistry _registry = new();
    private readonly ElectionSafety _elections = new();
    private readonly ElectedByQuorum _votes;
    private readonly Monotonicity _monotonicity = new();
    private readonly LogMatching _matching;
    private readonly LeaderCompleteness _completeness;
    private readonly CommittedEntries _committed;
    private readonly CommittedOnQuorum _quorum;
    private readonly CountedIsDurable _counted;
    private readonly StateMachineSafety _states;
    private readonly RecoverableDisk _recovery;

    public Checks(World world, IReadOnlyList<NodeView> nodes, IReadOnlyList<ICommittedCheck> ofEntries)
    {
        _world = world;
        _membership = world.Options.Membership;
        var first = RecoveredState.Bootstrap(_membership).Entries[0];
        _registry.Add(first, previousChain: 0, out var shadow, out _);
        _ledger = new Ledger(world.Scheduler, world.Options.Replica.Tree, shadow, ofEntries);
        _matching = new LogMatching(_registry, _elections);
        _votes = new ElectedByQuorum(_monotonicity);
        _completeness = new LeaderCompleteness(_ledger);
        _committed = new CommittedEntries(_ledger);
        _quorum = new CommittedOnQuorum(nodes);
        _counted = new CountedIsDurable(nodes);
        _states = new StateMachineSafety(_ledger);
        _recovery = new RecoverableDisk(_registry, _ledger);
        foreach (var node in nodes)
        {
            node.Hand(new ShadowWrite(
                RecoveredState.Bootstrap(_membership).HardState, null, default, first.Index, [shadow]));
        }
    }

    public Ledger Ledger => _ledger;

    public void BecameLeader(NodeProcess node, Term term)
    {
        _elections.BecameLeader(node.Id, term);
        _votes.BecameLeader(node.Id, term, node.Replica.Membership);
        _completeness.BecameLeader(node.Node.View, term);
    }

    public void CommitAdvanced(NodeProcess node, LogIndex now)
    {
        var view = node.Node.View;
        Monotonicity.RequireLater(node.Id, "commit", view.Commit, now);
        view.Commit = now;
        if (node.Replica.Role != Role.Leader)
        {
            _committed.FollowerCommitted(view, now);
            return;
        }

        _committed.LeaderCommitted(view, now, node.Replica.Term);
        _quorum.LeaderCommitted(view, now);
        CommittedInOwnTerm.LeaderCommitted(view, now, node.Replica.Term);
    }

    public void Sending(NodeProcess node, RaftMessage message)
    {
        MessageBounds.Sending(node.Id, message, _world.Options.Replica.Raft);
        AcknowledgedIsDurable.Sending(node.Node.View, message);
        switch (message)
        {
            case VoteReply { Granted: true } reply:
                _monotonicity.Voted(node.Id, reply.Term, reply.To);
                break;
            case VoteRequest request:
                _monotonicity.Voted(node.Id, request.Term, node.Id);
                break;
        }
    }

    public void Persisting(NodeProcess node, RaftWrite write)
    {
        var view = node.Node.View;
        if (write.HardState is { } state)
        {
            Monotonicity.RequireLater(node.Id, view.Written.HardState, state);
        }

        view.Hand(Shadow(view, write));
    }

    /// <summary>A node has started: what it has found on its disk must be what it knew.</summary>
    public void Recovered(NodeProcess node, RecoveredState recovered, LogRecoveryReport report)
    {
        var view = node.Node.View;
        var unsynced = view.Unsynced.Count;
        var kept = _recovery.Match(node.Id, view.Durable, view.Unsynced, recovered);
        _world.Totals.Count(Marker.UnsyncedWritesKept, kept);
        _world.Totals.Count(Marker.UnsyncedWritesLost, unsynced - kept);
        _world.Totals.Count(Marker.TornTails, report.Cut is null ? 0 : 1);
        _world.Totals.Count(Marker.LogsRestartedBehindSnapshot, report.Restarted ? 1 : 0);
        view.Restart(recovered.Snapshot?.Index ?? LogIndex.Zero);
    }

    /// <summary>Recovery is tried on a copy of a disk as a crash at this moment would leave it.</summary>
    public void DiskImage(SimulatedNode node, RecoveredState recovered)
    {
        var durable = new ShadowLog();
        durable.CopyFrom(node.View.Durable);
        _recovery.Match(node.Id, durable, node.View.Unsynced, recovered);
        _world.Totals.Count(Marker.DiskImagesChecked);
    }

    /// <summary>A state was loaded from a snapshot that is stored and verified.</summary>
    public void Loaded(NodeProcess node, LogIndex index, StateMachine machine)
    {
        _states.Require(node.Id, index, machine.Digest);
        node.Node.View.NoteSnapshot(index);
    }

    public void SnapshotBegun(NodeProcess node, SnapshotMetadata metadata) =>
        FixedMembership.Require(node.Id, metadata.Membership, _membership);

    public void Applied(NodeProcess node, StateMachine machine)
    {
        var view = node.Node.View;
        var index = node.Replica.AppliedIndex;
        Monotonicity.RequireLater(node.Id, "applied", view.Applied, index);
        view.Applied = index;
        _committed.Applied(view, index);
        _states.Require(node.Id, index, machine.Digest);
    }

    public void TurnEnded(NodeProcess node)
    {
        var replica = node.Replica;
        NobodyWaitsInVain.TurnEnded(node.Id, replica.Role, replica.PendingCommands);
        if (replica.Role == Role.Leader)
        {
            _counted.TurnEnded(node.Node.View, replica.Term, replica.MatchIndexOf);
        }

        IndexOrder.Require(
            node.Id,
            replica.Snapshot?.Index ?? LogIndex.Zero,
            replica.AppliedIndex,
            replica.CommitIndex,
            replica.LastIndex);
        FixedMembership.Require(node.Id, replica.Membership, _membership);
    }

    private ShadowWrite Shadow(NodeView view, RaftWrite write)
    {
        ShadowEntry end = default;
        if (write.Snapshot is { } snapshot)
        {
            if (snapshot.Index > _ledger.Last || _ledger[snapshot.Index].Term != snapshot.Term)
            {
                throw new ViolationException(
                    "I4 committed entries",
                    $"node {view.Id} restores a snapshot of {snapshot.Index}, not committed like that");
            }

            end = _ledger[snapshot.Index];
        }

        if (write.Entries.Count == 0)
        {
            return new ShadowWrite(write.HardState, write.Snapshot?.Index, end, LogIndex.Zero, []);
        }

        var first = write.Entries[0].Index;
        var chain = write.Snapshot is null ? ChainBefore(view, first) : end.Chain;
        var entries = new ShadowEntry[write.Entries.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = _matching.Written(view.Id, write.Entries[i], chain);
            chain = entries[i].Chain;
        }

        return new ShadowWrite(write.HardState, write.Snapshot?.Index, end, first, entries);
    }

    private static ulong ChainBefore(NodeView view, LogIndex first)
    {
        if (first <= view.Commit && first <= view.Written.LastIndex && first <= view.Applied)
        {
            throw new ViolationException(
                "I4 committed entries", $"node {view.Id} replaces its log from {first} on, applied is {view.Applied}");
        }

        if (!view.Written.Has(first.Previous()))
        {
            throw new ViolationException(
                "I2 log matching", $"node {view.Id} writes entry {first} behind {view.Written.LastIndex}");
        }

        return view.Written[first.Previous()].Chain;
    }
}
