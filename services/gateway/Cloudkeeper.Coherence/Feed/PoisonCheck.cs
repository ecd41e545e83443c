using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Whether a gateway believes in changes that no leader knows. A leader that is asked names at least every revision
/// that was committed before the question: a gateway that is further has taken changes that were never committed, by a
/// forgery, a disk that was set back, or a mistake. All true changes would then look like old ones, and its watchers
/// would never get an event again.
/// </summary>
/// <param name="patience">How long after a revision was reached no leader must know it, in the caller's timestamps.</param>
public sealed class PoisonCheck(long patience)
{
    private Revision _suspected;
    private long? _since;

    /// <summary>It is certain. Nothing that is known here counts.</summary>
    public bool IsPoisoned { get; private set; }

    public void Restart() => (_since, IsPoisoned) = (null, false);

    /// <summary>A leader has answered.</summary>
    /// <param name="named">The revision that it named.</param>
    /// <param name="askedAt">When the question was sent.</param>
    /// <param name="reached">How far the feed is now.</param>
    public void Confirm(Revision named, long askedAt, Revision reached, long now)
    {
        if (_since is { } since && askedAt >= since)
        {
            if (named < _suspected)
            {
                IsPoisoned |= askedAt - since >= patience;
                return;
            }

            _since = null;
        }

        // As a rule the feed has only gone on while the answer was on its way: a later answer decides.
        if (_since is null && reached > named)
        {
            (_suspected, _since) = (reached, now);
        }
    }
}
