using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Since when it is proved that no change is missing here. A leader that was asked at a moment names the revision of
/// that moment or a later one; once the feed has reached it, the state here is at most as old as the question. Only the
/// clock of this gateway takes part, and neither a delayed feed nor a node that is cut off can look fresh.
/// </summary>
public sealed class FreshnessProofs
{
    private const int WaitingMax = 64;

    private readonly Queue<(Revision Revision, long AskedAt)> _waiting = [];

    /// <summary>The moment, in the caller's timestamps; null: nothing is proved.</summary>
    public long? FreshAsOf { get; private set; }

    /// <summary>The moment of the oldest question whose answer the feed has not reached; null: there is none.</summary>
    public long? AwaitedSince => _waiting.TryPeek(out var proof) ? proof.AskedAt : null;

    public void Restart()
    {
        _waiting.Clear();
        FreshAsOf = null;
    }

    /// <summary>A leader has answered.</summary>
    /// <param name="reached">How far the feed is.</param>
    public void Add(Revision revision, long askedAt, Revision reached)
    {
        if (revision <= reached)
        {
            Prove(askedAt);
        }
        else if (_waiting.Count < WaitingMax)
        {
            // More of them would prove hardly more: the feed has all of these before it.
            _waiting.Enqueue((revision, askedAt));
        }
    }

    public void Reach(Revision revision)
    {
        while (_waiting.TryPeek(out var proof) && proof.Revision <= revision)
        {
            _waiting.Dequeue();
            Prove(proof.AskedAt);
        }
    }

    private void Prove(long askedAt) => FreshAsOf = FreshAsOf is { } known && known > askedAt ? known : askedAt;
}
