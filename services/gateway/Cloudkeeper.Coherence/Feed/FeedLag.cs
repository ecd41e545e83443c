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
    private Revision _goal;
    private long _setAt;

    /// <remarks>
    /// Under a load of writes something newer is always known, and a feed is a moment behind it. So it is measured by what was
    /// known before: it is to come so far in time, and only then is the next goal set.
    /// </remarks>
    /// <param name="known">A revision that exists, by the word of somebody else.</param>
    /// <returns>False: another node is better.</returns>
    public bool IsBearable(FeedFrame frame, Revision known, long now) =>
        frame is not ProgressFrame { Revision: var told } || IsBearable(told, known, now);

    /// <summary>The same of a feed that is judged by how far one has come with it, and not by what it says of itself.</summary>
    public bool IsBearable(Revision told, Revision known, long now)
    {
        if (told < _goal)
        {
            return now - _setAt <= patience;
        }

        (_goal, _setAt) = (known, now);
        return true;
    }
}
