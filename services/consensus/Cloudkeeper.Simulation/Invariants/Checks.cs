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
    private readonly EntryRegistry _registry;
    private readonly ElectionSafety _elections = new();
    private readonly ElectedByQuorum _votes;
    private readonly Monotonicity _monotonicity = new();
    private readonly LogMatching _matching;
    private readonly LeaderCompleteness _completeness;
    private readonly CommittedEntries _committed;
    private readonly CommittedOnQuorum _quorum;
    private readonly CountedIsDurable _counted;
    private readonly MembershipSafety _members;
    private readonly StateMachineSafety _states;
    private readonly RecoverableDisk _recovery;

    public Checks(World world, IReadOnlyList<ICommittedCheck> ofEntries)
    {
        _world = world;
        _registry = new EntryRegistry(world.Scheduler);
        var first = RecoveredState.Bootstrap(world.Founding);
        _registry.Add(first.Entries[0], previousChain: 0, out var shadow, out _);
        _ledger = new Ledger(world.Scheduler, world.Options.Replica.Tree, shadow, ofEntries);
        _matching = new LogMatching(_registry, _elections);
        _votes = new ElectedByQuorum(_monotonicity);
        _completeness = new LeaderCompleteness(_ledger);
        _committed = new CommittedEntries(_ledger);
        _quorum = new CommittedOnQuorum(world.Members);
        _counted = new CountedIsDurable(world.Members);
        _members = new MembershipSafety(_ledger);
        _states = new StateMachineSafety(_ledger);
        _recovery = new RecoverableDisk(_registry, _ledger);
        _members.Committed(world.Founding);
        world.Members.Committed(world.Founding);
        foreach (var founder in world.Founding.Members.Where(m => m.IsVoter))
        {
            world.Members.Of(founder.Id).Hand(
                new ShadowWrite(first.HardState, null, default, first.Entries[0].Index, [shadow]));
        }
    }

    public Ledger Ledger => _ledger;

    public void BecameLeader(NodeProcess node, Term term)
    {
        _elections.BecameLeader(node.Id, term);
        _votes.BecameLeader(node.Id, term, node.Replica.Membership);
        _completeness.BecameLeader(node.View, term);
    }

    /// <summary>A node asks for votes, leads, or asks whether it might.</summary>
    public void Stands(NodeProcess node) =>
        VotersLead.Stands(node.Id, node.Replica.Membership, _ledger.MembershipAt(node.View.Commit));

    public void CommitAdvanced(NodeProcess node, LogIndex now)
    {
        var view = node.View;
        Monotonicity.RequireLater(node.Id, "commit", view.Commit, now);
        view.Commit = now;
        if (node.Replica.Role != Role.Leader)
        {
            _committed.FollowerCommitted(view, now);
            return;
        }

        var before = _ledger.Last;
        _committed.LeaderCommitted(view, now, node.Replica.Term);
        _quorum.LeaderCommitted(view, now, node.Replica.Membership);
        CommittedInOwnTerm.LeaderCommitted(view, now, node.Replica.Term);
        MembershipsCommitted(before);
    }

    public void Sending(NodeProcess node, RaftMessage message)
    {
        MembershipSafety.RequireOwnDisk(node.View);
        MessageBounds.Sending(node.Id, message, _world.Options.Replica.Raft);
        AcknowledgedIsDurable.Sending(node.View, message);
        node.View.PreVotes.Sending(message);
        switch (message)
        {
            case VoteReply { Granted: true } reply:
                _monotonicity.Voted(node.Id, reply.Term, reply.To);
                break;
            case VoteRequest request:
                _monotonicity.Voted(node.Id, request.Term, node.Id);
                break;
            case HeartbeatRequest heartbeat:
                node.View.Rounds.Sending(heartbeat, _world.Scheduler.Now);
                break;
            case TimeoutNowRequest request:
                VotersLead.Sending(request, node.Replica.Membership, _world.Members.Of(request.To));
                break;
        }
    }

    public void Receive(NodeProcess node, RaftMessage message)
    {
        var replica = node.Replica;
        var matched = replica.MatchIndexOf(message.From);
        var result = replica.Judge(message);
        HostileMeansNothing.RequireHonest(node.Id, result, message);
        if (result == StepResult.Unproven)
        {
            node.Trust.Ask();
            return;
        }

        node.View.PreVotes.Receiving(message, node.View, replica.Term, replica.Leader, replica.LastIndex);
        if (message is HeartbeatReply reply)
        {
            node.View.Rounds.Received(reply);
        }

        replica.Receive(message);
        CountRounds(node);
        OldTermsMeanNothing.Received(message, replica.Term, matched, replica.MatchIndexOf(message.From));
    }

    public void ReceiveHostile(NodeProcess node, RaftMessage message)
    {
        var before = HostileMeansNothing.Before(node.Replica);
        if (node.Replica.Receive(message) == StepResult.Unproven)
        {
            _world.Totals.Count(Marker.HostileMessagesUnproven);
            node.Trust.Ask();
        }

        HostileMeansNothing.Require(node.Replica, before, message);
    }

    /// <summary>A node answers a linearizable read, or acknowledges keepalives.</summary>
    /// <param name="asked">When the question came.</param>
    public void Answering(NodeProcess node, long asked)
    {
        CountRounds(node);
        node.View.Rounds.Require(node.Id, asked);
    }

    /// <summary>
    /// A member that decides alone now may share that right in the course of the turn, behind what it has confirmed.
    /// </summary>
    public void TurnBegins(NodeProcess node) => CountRounds(node);

    private void CountRounds(NodeProcess node)
    {
        if (node.Replica.Role == Role.Leader)
        {
            node.View.Rounds.Count(node.Id, node.Replica.Term, node.Replica.Membership, _world.Scheduler.Now);
        }
    }

    public void Persisting(NodeProcess node, RaftWrite write)
    {
        var view = node.View;
        if (write.HardState is { } state)
        {
            Monotonicity.RequireLater(node.Id, view.Written.HardState, state);
        }

        view.Hand(Shadow(view, write));
    }

    /// <summary>A node has started: its disk must hold all that it knew.</summary>
    /// <exception cref="StorageCorruptedException">Its disk has rotted where only others can see it.</exception>
    public void Recovered(NodeProcess node, RecoveredState recovered, LogRecoveryReport report)
    {
        var view = node.View;
        var unsynced = view.Unsynced.Count;
        var baseIndex = view.Durable.BaseIndex;
        var kept = node.Node.IsRotten
            ? MatchRotten(view, recovered)
            : _recovery.Match(node.Id, view.Durable, view.Unsynced, recovered);
        _world.Totals.Count(Marker.UnsyncedWritesKept, kept);
        _world.Totals.Count(Marker.UnsyncedWritesLost, unsynced - kept);
        _world.Totals.Count(Marker.TornTails, report.Cut is null ? 0 : 1);
        _world.Totals.Count(Marker.LogsRestartedBehindSnapshot, report.Restarted ? 1 : 0);
        var isVoid = view.Durable.BaseIndex != baseIndex && view.Durable.LastIndex == view.Durable.BaseIndex;
        view.Restart(recovered.Snapshot?.Index ?? LogIndex.Zero, kept, isVoid);
    }

    /// <summary>
    /// Damage to the last groups that were synced looks like a torn tail (Storage, DESIGN.md): then all before it must be
    /// there, and operators that read the report of a cut after a clean stop replace the node.
    /// </summary>
    private int MatchRotten(NodeView view, RecoveredState recovered)
    {
        if (_recovery.TryMatch(view.Id, Copy(view.Durable), view.Unsynced, recovered, isRotten: true) is { } kept)
        {
            _recovery.TryMatch(view.Id, view.Durable, view.Unsynced, recovered, isRotten: true);
            return kept;
        }

        _recovery.Match(view.Id, Copy(view.Vouched), view.NotVouched, recovered);
        _world.Totals.Count(Marker.DamageTakenForTornTail);
        throw new StorageCorruptedException("the log", 0, "its last records were cut as a torn tail after a clean stop");
    }

    private static ShadowLog Copy(ShadowLog log)
    {
        var copy = new ShadowLog();
        copy.CopyFrom(log);
        return copy;
    }

    /// <summary>Recovery is tried on a copy of a disk as a crash at this moment would leave it.</summary>
    public void DiskImage(NodeProcess node, RecoveredState recovered, bool isRotten)
    {
        var view = node.View;
        var isWhole = isRotten
            && _recovery.TryMatch(node.Id, Copy(view.Durable), view.Unsynced, recovered, isRotten: true) is not null;
        if (!isWhole)
        {
            var durable = Copy(isRotten ? view.Vouched : view.Durable);
            _recovery.Match(node.Id, durable, isRotten ? view.NotVouched : view.Unsynced, recovered);
        }

        _world.Totals.Count(Marker.DiskImagesChecked);
    }

    /// <summary>A state was loaded from a snapshot that is stored and verified.</summary>
    public void Loaded(NodeProcess node, LogIndex index, StateMachine machine)
    {
        _states.Require(node.Id, index, machine.Digest);
        node.View.NoteSnapshot(index);
    }

    public void SnapshotBegun(NodeProcess node, SnapshotMetadata metadata) =>
        MembershipSafety.RequireKnown(node.Id, metadata.Membership, _ledger.MembershipAt(metadata.Index));

    public void Applied(NodeProcess node, StateMachine machine)
    {
        var view = node.View;
        var index = node.Replica.AppliedIndex;
        Monotonicity.RequireLater(node.Id, "applied", view.Applied, index);
        view.Applied = index;
        _committed.Applied(view, index);
        _states.Require(node.Id, index, machine.Digest);
    }

    public void TurnEnded(NodeProcess node)
    {
        var replica = node.Replica;
        node.View.PreVotes.TurnEnded(node.Id);
        CountRounds(node);
        NobodyWaitsInVain.TurnEnded(node.Id, replica.Role, replica.PendingCommands);
        if (replica.Role == Role.Leader)
        {
            _counted.TurnEnded(node.View, replica.Term, replica.MatchIndexOf);
        }

        IndexOrder.Require(
            node.Id,
            replica.Snapshot?.Index ?? LogIndex.Zero,
            replica.AppliedIndex,
            replica.CommitIndex,
            replica.LastIndex);
        if (!ReferenceEquals(replica.Membership, node.View.KnownMembership))
        {
            MembershipSafety.RequireKnown(node.Id, replica.Membership, node.View.Written.Membership);
            node.View.KnownMembership = replica.Membership;
        }
    }

    private void MembershipsCommitted(LogIndex before)
    {
        for (var index = before.Next(); index <= _ledger.Last; index = index.Next())
        {
            if (_ledger[index].Membership is { } membership)
            {
                var previous = _ledger.MembershipAt(index.Previous());
                var promoted = membership.Members.Count(
                    m => m is { IsVoter: true, IsOutgoingVoter: false } && previous.Find(m.Id) is { IsVoter: false });
                _world.Totals.Count(Marker.LearnersPromoted, promoted);
                _members.Committed(membership);
                _world.Members.Committed(membership);
                _world.Totals.Count(Marker.MembershipChanges);
                _world.Totals.Count(Marker.JointChanges, membership.IsJoint ? 1 : 0);
            }
        }
    }

    private ShadowWrite Shadow(NodeView view, RaftWrite write)
    {
        ShadowEntry end = default;
        var members = Membership.Empty;
        if (write.Snapshot is { } snapshot)
        {
            if (snapshot.Index > _ledger.Last || _ledger[snapshot.Index].Term != snapshot.Term)
            {
                throw new ViolationException(
                    "I4 committed entries",
                    $"node {view.Id} restores a snapshot of {snapshot.Index}, not committed like that");
            }

            end = _ledger[snapshot.Index];
            members = _ledger.MembershipAt(snapshot.Index);
            MembershipSafety.RequireKnown(view.Id, snapshot.Membership, members);
        }

        if (write.Entries.Count == 0)
        {
            return new ShadowWrite(write.HardState, write.Snapshot?.Index, end, LogIndex.Zero, [])
            {
                BaseMembership = members,
            };
        }

        var first = write.Entries[0].Index;
        var chain = write.Snapshot is null ? ChainBefore(view, first) : end.Chain;
        var entries = new ShadowEntry[write.Entries.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = _matching.Written(view.Id, write.Entries[i], chain, out var isNew);
            chain = entries[i].Chain;
            if (isNew && entries[i].Membership is { } membership)
            {
                _members.Proposed(view, write.Entries[i].Index, membership);
                CommittedInOwnTerm.MembersChanged(view, entries[i].Term);
                _world.Members.Proposed(membership);
            }
        }

        return new ShadowWrite(write.HardState, write.Snapshot?.Index, end, first, entries) { BaseMembership = members };
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
