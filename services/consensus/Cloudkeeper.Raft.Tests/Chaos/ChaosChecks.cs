using Cloudkeeper.Raft.Quorum;

namespace Cloudkeeper.Raft.Tests.Chaos;

/// <summary>What must hold after every single event, under any faults of the network and the disks.</summary>
internal sealed class ChaosChecks
{
    private readonly IReadOnlyList<ChaosNode> _nodes;
    private readonly Dictionary<Term, NodeId> _leaders = [];
    private readonly Dictionary<(NodeId Voter, Term Term), NodeId> _votes = [];
    private readonly Dictionary<(LogIndex Index, Term Term), LogEntry> _entries = [];
    private readonly Dictionary<(LogIndex Index, Term Term), Term> _previousTerms = [];
    private readonly Dictionary<long, LogIndex> _readFloors = [];
    private readonly Dictionary<NodeId, (Term Term, LogIndex Commit)> _seen = [];
    private readonly List<LogEntry> _committed = [];

    public ChaosChecks(IReadOnlyList<ChaosNode> nodes) => _nodes = nodes;

    public int ReadsConfirmed { get; private set; }

    public int Restores { get; private set; }

    public int Terms => _leaders.Count;

    /// <summary>Committed changes of the members, both halves of a joint one counted.</summary>
    public int Changes => _committed.Count(e => e.Kind == EntryKind.Membership) - 1;

    /// <summary>The largest index that any member knows to be committed.</summary>
    public LogIndex Committed { get; private set; }

    public LogIndex AppliedMax => new(_committed.Count);

    public void Started(ChaosNode node)
    {
        var raft = node.Raft!;
        Assert.True(raft.LastIndex >= raft.CommitIndex, "compacted <= commit <= last");
        _seen[node.Id] = (raft.Term, raft.CommitIndex);
    }

    /// <summary>
    /// Election safety, leader completeness, order and monotony; a leader's commit is durable on a quorum.
    /// </summary>
    public void InputDone(ChaosNode node, Membership before)
    {
        var raft = node.Raft!;
        var seen = _seen[node.Id];
        Assert.True(raft.Term >= seen.Term, "the term never falls");
        Assert.True(raft.CommitIndex >= seen.Commit, "the commit index never falls");
        Assert.True(node.Applied <= raft.CommitIndex && raft.CommitIndex <= raft.LastIndex, "applied <= commit <= last");
        if (node.IsLeader)
        {
            CheckLeader(raft);
        }

        if (raft.CommitIndex > seen.Commit && raft.CommitIndex > Committed)
        {
            CheckDurableOnQuorum(raft, before);
            Committed = raft.CommitIndex;
        }

        _seen[node.Id] = (raft.Term, raft.CommitIndex);
    }

    public void OutputTaken(ChaosNode node, RaftOutput output)
    {
        Restores += output.Restore is null ? 0 : 1;
        foreach (var message in output.Messages)
        {
            CheckMessage(node, message);
        }

        foreach (var read in output.ReadStates)
        {
            ReadsConfirmed++;
            Assert.True(read.Index >= _readFloors[read.Ticket], $"stale read: {read} below {_readFloors[read.Ticket]}");
        }

        CheckLogMatching(node.Raft!, output.Write);
    }

    public void ReadAsked(long ticket) => _readFloors[ticket] = Committed;

    /// <summary>What was applied once at an index is applied there by all members, for ever.</summary>
    public void Applied(ChaosNode node, LogEntry entry)
    {
        Assert.True(node.Disk.Has(entry.Index, entry.Term), "applied before it was durable here");
        if (entry.Index > AppliedMax)
        {
            Assert.Equal(AppliedMax.Next(), entry.Index);
            _committed.Add(entry);
            return;
        }

        AssertSame(_committed[(int)entry.Index.Value - 1], entry);
    }

    public void AssertAppliedEverything(ChaosNode node) => Assert.Equal(AppliedMax, node.Applied);

    private static void AssertSame(LogEntry expected, LogEntry actual)
    {
        Assert.Equal((expected.Index, expected.Term, expected.Kind), (actual.Index, actual.Term, actual.Kind));
        Assert.True(expected.Payload.Span.SequenceEqual(actual.Payload.Span), $"two payloads at {actual.Index}");
    }

    private void CheckLeader(RaftNode raft)
    {
        if (!_leaders.TryAdd(raft.Term, raft.Id))
        {
            Assert.True(_leaders[raft.Term] == raft.Id, $"two leaders in term {raft.Term}");
            return;
        }

        Assert.True(MayLead(raft), $"{raft.Id} leads and does not vote in [{raft.Membership}]");

        foreach (var entry in _committed)
        {
            Assert.True(
                entry.Index < raft.FirstIndex || (raft.TryTermAt(entry.Index, out var term) && term == entry.Term),
                $"leader {raft.Id} of term {raft.Term} lacks the committed entry {entry.Index}");
        }
    }

    /// <summary>A voter, or one whose removal is not committed yet (bug B-14).</summary>
    private static bool MayLead(RaftNode raft) =>
        raft.Membership.Find(raft.Id) is { IsLearner: false }
        || raft.MembershipAt(raft.CommitIndex).Find(raft.Id) is { IsLearner: false };

    private void CheckDurableOnQuorum(RaftNode raft, Membership before)
    {
        Assert.True(raft.TryTermAt(raft.CommitIndex, out var term));
        Assert.True(
            IsDurableOnQuorum(before) || IsDurableOnQuorum(raft.Membership),
            $"{raft.CommitIndex} is committed but not durable on a quorum");

        bool IsDurableOnQuorum(Membership membership) => JointQuorum.Of(membership).Result(
            id => _nodes.Single(n => n.Id == id).Disk.Has(raft.CommitIndex, term)) == VoteResult.Won;
    }

    private void CheckMessage(ChaosNode node, RaftMessage message)
    {
        var disk = node.Disk;
        Assert.True(message.From == node.Id && message.To != node.Id, "no message to oneself");
        switch (message)
        {
            case VoteReply { Granted: true } vote:
                CheckVote(disk, vote.From, vote.Term, vote.To);
                break;
            case VoteRequest request:
                CheckVote(disk, node.Id, request.Term, node.Id);
                break;
            case AppendReply { RejectedIndex: null } ack:
                Assert.True(disk.HardState.Term == ack.Term, "a term is durable first");
                Assert.True(
                    ack.MatchIndex <= (disk.Snapshot?.Index ?? LogIndex.Zero)
                    || (node.Raft!.TryTermAt(ack.MatchIndex, out var term) && disk.Has(ack.MatchIndex, term)),
                    $"{ack} is not durable");
                break;
            case AppendRequest append:
                Assert.All(append.Entries, e => Assert.True(e.Term <= append.Term));
                break;
        }
    }

    private void CheckVote(ChaosDisk disk, NodeId voter, Term term, NodeId candidate)
    {
        _votes.TryAdd((voter, term), candidate);
        Assert.True(_votes[(voter, term)] == candidate, "one vote a term");
        Assert.True(disk.HardState.Term == term && disk.HardState.Vote == candidate, "a vote is durable first");
    }

    /// <summary>Same index and term: same entry, same entry before it, and so the same log up to there.</summary>
    private void CheckLogMatching(RaftNode raft, RaftWrite? write)
    {
        foreach (var entry in write?.Entries ?? [])
        {
            var key = (entry.Index, entry.Term);
            if (!_entries.TryAdd(key, entry))
            {
                AssertSame(_entries[key], entry);
            }

            if (raft.TryTermAt(entry.Index.Previous(), out var previous) && !_previousTerms.TryAdd(key, previous))
            {
                Assert.Equal(_previousTerms[key], previous);
            }
        }
    }
}
