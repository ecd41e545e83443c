using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Whether a feed is worth following. A node that is cut off from the others goes on reporting that its feed is
/// complete, and a gateway that believes it waits as long as the node is cut off.
/// </summary>
/// <param name="patience">How long it may lag, in the caller's timestamps.</param>
public sealed class FeedLag(long patience)
{
    private Revision _goal;
    private long _setAt;

    /// <remarks>
    /// Under a load of writes something newer is always known, and a feed is a moment behind it. So it is measured
    /// against the revision that was known before: it has to come so far in time, and only then is the next goal set.
    /// </remarks>
    /// <param name="known">A revision that exists, by an answer of another node.</param>
    /// <returns>False: another node is better.</returns>
    public bool IsBearable(FeedFrame frame, Revision known, long now) =>
        frame is not ProgressFrame { Revision: var told } || IsBearable(told, known, now);

    /// <summary>
    /// The same for a feed that is judged by the gateway's own progress with it, and not by its progress frames.
    /// </summary>
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
