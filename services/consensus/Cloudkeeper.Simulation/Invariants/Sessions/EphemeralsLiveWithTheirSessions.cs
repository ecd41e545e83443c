using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Invariants.Sessions;

/// <summary>
/// S4: an ephemeral node has a living owner, and goes in the very revision in which the owner does. S6: it has no
/// children.
/// </summary>
internal sealed class EphemeralsLiveWithTheirSessions(SessionBook sessions, Totals totals) : ICommittedCheck
{
    private readonly Dictionary<string, SessionId> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<SessionId, HashSet<string>> _owned = [];

    public void Check(CommittedEntry entry)
    {
        foreach (var set in entry.Changes)
        {
            foreach (var change in set.Changes)
            {
                Note(change, set.Revision);
            }

            foreach (var ended in set.EndedSessions)
            {
                if (_owned.GetValueOrDefault(ended) is { Count: > 0 } left)
                {
                    throw new ViolationException(
                        "S4 ephemerals",
                        $"session {ended} ends at revision {set.Revision} and leaves {left.Count} nodes");
                }
            }
        }
    }

    private void Note(Change change, Revision revision)
    {
        if (_owners.Remove(change.Path, out var before))
        {
            _owned[before].Remove(change.Path);
            if (change.Type == ChangeType.Deleted && sessions.Find(before)?.EndedAt == revision)
            {
                totals.Count(Marker.EphemeralsRemovedWithTheirSession);
            }
        }

        if (change.Type == ChangeType.Deleted)
        {
            return;
        }

        if (_owners.TryGetValue(NodePath.ParentOf(change.Path), out var parent))
        {
            throw new ViolationException(
                "S6 ephemerals", $"{change.Path} is below an ephemeral node of session {parent}");
        }

        if (change.Stat.EphemeralOwner is { } owner)
        {
            Own(change.Path, owner, revision);
        }
    }

    private void Own(string path, SessionId owner, Revision revision)
    {
        if (sessions.Find(owner)?.IsAliveAt(revision) != true)
        {
            throw new ViolationException(
                "S4 ephemerals", $"{path} of revision {revision} belongs to session {owner}, not alive");
        }

        _owners[path] = owner;
        if (!_owned.TryGetValue(owner, out var paths))
        {
            _owned.Add(owner, paths = new HashSet<string>(StringComparer.Ordinal));
        }

        paths.Add(path);
    }
}
