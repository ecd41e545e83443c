using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>
/// The committed log, as the simulator has seen it grow, replayed on a state machine of its own that never crashes,
/// never takes a snapshot and never loads one: the reference for all replicas.
/// </summary>
internal sealed class Ledger
{
    private readonly Scheduler _scheduler;
    private readonly StateMachine _machine;
    private readonly IReadOnlyList<ICommittedCheck> _checks;
    private readonly List<Record> _entries = [];
    private readonly List<(LogIndex Index, Membership Membership)> _memberships = [];
    private readonly List<ChangeSet> _changes = [];

    public Ledger(
        Scheduler scheduler, StateMachineOptions options, ShadowEntry first, IReadOnlyList<ICommittedCheck> checks)
    {
        _scheduler = scheduler;
        _machine = new StateMachine(options);
        _checks = checks;
        Add(first, first.Term);
    }

    public LogIndex Last => new(_entries.Count);

    public Revision Revision => _machine.Revision;

    public StateMachine Machine => _machine;

    public ShadowEntry this[LogIndex index] => _entries[(int)index.Value - 1].Entry;

    /// <summary>Of the reference after this entry.</summary>
    public ulong DigestAt(LogIndex index) => _entries[(int)index.Value - 1].Digest;

    /// <summary>The newest committed one.</summary>
    public Membership Membership => MembershipAt(Last);

    /// <summary>The committed membership in force behind an entry.</summary>
    public Membership MembershipAt(LogIndex index) =>
        _memberships.FindLast(m => m.Index <= index).Membership ?? Membership.Empty;

    /// <summary>The term of the leader that has committed the newest entry.</summary>
    public Term CommittedIn => _entries[^1].CommittedIn;

    /// <summary>The last entry that a leader of an earlier term knew to be committed.</summary>
    public LogIndex LastCommittedBefore(Term term)
    {
        var last = _entries.Count;
        while (last > 0 && _entries[last - 1].CommittedIn >= term)
        {
            last--;
        }

        return new LogIndex(last);
    }

    /// <param name="committedIn">The term of the leader that has committed it.</param>
    public void Add(ShadowEntry entry, Term committedIn)
    {
        var index = Last.Next();
        CommandBatch? batch = null;
        var results = new List<CommandResult>();
        var before = _machine.Revision;
        if (entry.Kind == EntryKind.Command)
        {
            (var stamp, batch) = EntryPayload.Read(entry.Payload.Span);
            _machine.Apply(index.Value, entry.Term.Value, stamp, [batch], results);
        }

        if (entry.Membership is { } membership)
        {
            _memberships.Add((index, membership));
        }

        _entries.Add(new Record(entry with { Payload = default }, _machine.Digest, committedIn));
        _changes.Clear();
        if (_machine.Revision > before && _machine.ReadHistory(before, int.MaxValue, _changes).IsCompacted)
        {
            throw new ViolationException(
                "W9 told before forgotten", $"changes of entry {index} are forgotten before they can be published");
        }

        var committed = new CommittedEntry(index, entry.Term, _scheduler.Now, batch, before, results, _changes)
        {
            ProposedAt = entry.WrittenAt,
        };
        foreach (var check in _checks)
        {
            check.Check(committed);
        }
    }

    private readonly record struct Record(ShadowEntry Entry, ulong Digest, Term CommittedIn);
}
