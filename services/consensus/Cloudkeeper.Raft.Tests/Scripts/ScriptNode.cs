using System.Globalization;

namespace Cloudkeeper.Raft.Tests.Scripts;

/// <summary>One member of a scripted cluster: everything it does is written down as it happens.</summary>
internal sealed class ScriptNode(NodeId id, RaftOptions options, Action<string> say, List<RaftMessage> network)
    : IRaftObserver
{
    private readonly Queue<RaftWrite> _writes = new();
    private RecoveredState _disk = new(default, null, []);

    public NodeId Id => id;

    public RaftNode Raft { get; private set; } = null!;

    public bool HasWrites => _writes.Count > 0;

    public LogIndex Applied { get; private set; }

    public void Start(RecoveredState disk)
    {
        _disk = disk;
        _writes.Clear();
        Raft = new RaftNode(id, options, disk, new Random(id.Value), this);
        Applied = disk.Snapshot?.Index ?? LogIndex.Zero;
    }

    /// <summary>Writes under way are lost.</summary>
    public void Restart() => Start(_disk);

    public void Do(Action<RaftNode> input)
    {
        input(Raft);
        while (Raft.TryTakeOutput(out var output))
        {
            Perform(output);
        }
    }

    public void CompleteWrites(int count)
    {
        var sequence = 0L;
        while (count-- > 0 && _writes.TryDequeue(out var write))
        {
            sequence = write.Sequence;
            var kept = write.Snapshot is null ? _disk.Entries : [];
            LogEntry[] entries = write.Entries is [var first, ..]
                ? [.. kept.Where(e => e.Index < first.Index), .. write.Entries]
                : [.. kept];
            _disk = new RecoveredState(write.HardState ?? _disk.HardState, write.Snapshot ?? _disk.Snapshot, entries);
        }

        if (sequence > 0)
        {
            say($"{id} stored #{sequence}");
            Do(r => r.StorageDone(sequence));
        }
    }

    public void Compact(LogIndex keepFrom)
    {
        Assert.True(Raft.TryTermAt(Applied, out var term));
        var snapshot = new SnapshotMetadata(Applied, term, Raft.MembershipAt(Applied));
        _disk = _disk with { Snapshot = snapshot, Entries = [.. _disk.Entries.Where(e => e.Index >= keepFrom)] };
        Raft.Compact(snapshot, keepFrom);
        say($"{id} has {Phrase.Of(snapshot)}, log {Raft.FirstIndex}..{Raft.LastIndex}");
    }

    public void RoleChanged(NodeId node, Role role, Term term, NodeId? leader) => say(string.Create(
        CultureInfo.InvariantCulture, $"{node} is {role} in term {term}{(leader is null ? "" : $" under {leader}")}"));

    public void CommitAdvanced(NodeId node, LogIndex before, LogIndex now) => say($"{node} commits {now}");

    public void Truncated(NodeId node, LogIndex first, LogIndex last) => say($"{node} truncates {first}..{last}");

    public void Restored(NodeId node, SnapshotMetadata snapshot) => say($"{node} restores {Phrase.Of(snapshot)}");

    private void Perform(RaftOutput output)
    {
        if (output.Write is { } write)
        {
            _writes.Enqueue(write);
            say($"{id} writes #{write.Sequence}: {Phrase.Of(write)}");
        }

        if (output.Restore is { } restore)
        {
            Applied = restore.Index;
        }

        if (output.Committed.Count > 0)
        {
            Applied = output.Committed[^1].Index;
            say($"{id} applies {string.Join(", ", output.Committed.Select(Phrase.Of))}");
        }

        Raft.ApplyDone(Applied);
        foreach (var read in output.ReadStates)
        {
            say($"{id} may read {read.Ticket} at {read.Index}");
        }

        foreach (var message in output.Messages)
        {
            network.Add(message);
            say(Phrase.Of(message));
        }
    }
}
