namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// When a gateway subscribes to Redis again after a failure: silence, gaps, or repetition of old frames only. Each
/// failure costs watchers a moment; so the attempts become rarer, down to one in <paramref name="pauseMax"/>.
/// </summary>
/// <param name="pauseMin">After the first failure, in the caller's timestamps.</param>
/// <param name="pauseMax">The longest. After as long a time without a failure the pauses begin anew.</param>
public sealed class ListeningPauses(long pauseMin, long pauseMax)
{
    private const int DoublingsMax = 20;

    private long _until = long.MinValue;
    private int _failures;

    public bool MayListen(long now) => now >= _until;

    /// <summary>Listening has failed.</summary>
    public void Failed(long began, long now)
    {
        if (now - began >= pauseMax)
        {
            _failures = 0;
        }

        _until = now + Math.Min(pauseMax, pauseMin << _failures);
        _failures = Math.Min(_failures + 1, DoublingsMax);
    }
}
