using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Whether a feed is worth following. A node that is cut off from the others goes on saying that it has told everything,
/// and whoever believes it waits as long as it is cut off.
/// </summary>
/// <param name="patience">How long it may lag, in the caller's timestamps.</param>
public sealed class FeedLag(long patience)
{
    private long? _behindSince;

    /// <param name="known">A revision that exists, by the word of somebody else.</param>
    /// <returns>False: another node is better.</returns>
    public bool IsBearable(FeedFrame frame, Revision known, long now)
    {
        if (frame is not ProgressFrame { Revision: var told })
        {
            return true;
        }

        _behindSince = told < known ? _behindSince ?? now : null;
        return now - _behindSince is not { } lag || lag <= patience;
    }
}
