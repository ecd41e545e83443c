using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>
/// The waiters and holders of each lock, and their times, by the committed changes alone. L1: tokens grow from grant to
/// grant.
/// L2: a grant follows the end of the one before it. L3: it goes to a living session.
/// </summary>
internal sealed class LockBook(SessionBook sessions, Totals totals) : ICommittedCheck
{
    /// <summary>All locks of the workload are below it, and nothing else is.</summary>
    public const string Root = "/locks";

    private readonly Dictionary<string, SimulatedLock> _locks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Contender> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<Ticket, Contender> _byTicket = [];

    public Contender? Find(Ticket ticket) => _byTicket.GetValueOrDefault(ticket);

    public void Check(CommittedEntry entry)
    {
        foreach (var set in entry.Changes)
        {
            Note(set);
        }
    }

    private void Note(ChangeSet set)
    {
        foreach (var change in set.Changes)
        {
            if (change.Type == ChangeType.Deleted && _byPath.Remove(change.Path, out var contender))
            {
                contender.GoneAt = set.Revision;
                contender.Lock.Waiting.Remove(contender.Ticket.Value);
            }
            else if (change is { Type: ChangeType.Created, Stat.EphemeralOwner: { } owner } && IsContender(change.Path))
            {
                Add(change.Path, owner, set.Revision);
            }
        }

        foreach (var change in set.Changes)
        {
            if (IsContender(change.Path) && _locks.TryGetValue(NodePath.ParentOf(change.Path), out var changed))
            {
                Grant(changed, set.Revision);
            }
        }
    }

    private static bool IsContender(string path) =>
        path.StartsWith(Root + "/", StringComparison.Ordinal) && NodePath.ParentOf(path).Length > Root.Length;

    private void Add(string path, SessionId owner, Revision revision)
    {
        var lockPath = NodePath.ParentOf(path);
        if (!_locks.TryGetValue(lockPath, out var simulated))
        {
            _locks.Add(lockPath, simulated = new SimulatedLock(lockPath));
        }

        var contender = new Contender(simulated, new Ticket(revision.Value), owner, path);
        _byPath.Add(path, contender);
        _byTicket.Add(contender.Ticket, contender);
        simulated.Waiting.Add(contender.Ticket.Value, contender);
    }

    private void Grant(SimulatedLock changed, Revision revision)
    {
        if (changed.Waiting.Count == 0)
        {
            return;
        }

        using var first = changed.Waiting.Values.GetEnumerator();
        first.MoveNext();
        var holder = first.Current;
        if (holder.HeldSince is not null)
        {
            return;
        }

        if (changed.Holder is { GoneAt: null } || holder.Ticket.Value <= changed.Holder?.Ticket.Value)
        {
            throw new ViolationException(
                "L1 lock grants", $"{changed.Path}: {holder.Ticket} is granted after {changed.Holder.Ticket}");
        }

        if (sessions.Find(holder.Session)?.IsAliveAt(revision) != true)
        {
            throw new ViolationException(
                "L3 lock grants", $"{changed.Path}: {holder.Ticket} is granted to session {holder.Session}, not alive");
        }

        totals.Count(changed.Holder?.GoneAt == revision ? Marker.LockHandOvers : Marker.LockGrants);
        holder.HeldSince = revision;
        changed.Holder = holder;
    }
}

internal sealed class SimulatedLock(string path)
{
    public string Path { get; } = path;

    public SortedDictionary<long, Contender> Waiting { get; } = [];

    public Contender? Holder { get; set; }
}

/// <summary>A ticket, from its place in the queue to its end.</summary>
internal sealed class Contender(SimulatedLock simulated, Ticket ticket, SessionId session, string path)
{
    public SimulatedLock Lock { get; } = simulated;

    public Ticket Ticket { get; } = ticket;

    public SessionId Session { get; } = session;

    public string Path { get; } = path;

    public Revision? HeldSince { get; set; }

    public Revision? GoneAt { get; set; }

    /// <summary>It holds the lock in the state that this revision made.</summary>
    public bool IsHeldAt(Revision revision) => HeldSince <= revision && !(GoneAt <= revision);
}
