using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>The events that a watcher wants.</summary>
/// <param name="Session">Its end is an event as well; null: none.</param>
/// <param name="LatestOnly">Of several changes of a path that wait only the newest.</param>
public sealed record WatchInterest(
    IReadOnlyList<WatchTarget> Targets, SessionId? Session = null, bool LatestOnly = false)
{
    public bool Matches(string path)
    {
        foreach (var target in Targets)
        {
            if (target.Matches(path))
            {
                return true;
            }
        }

        return false;
    }
}
