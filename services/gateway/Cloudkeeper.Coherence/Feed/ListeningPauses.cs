namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// When a gateway listens to Redis again after that has failed it: by silence, by gaps, or by repeating only what is long
/// known. Each failure costs watchers a moment; so they become rarer, down to one in <paramref name="pauseMax"/>.
/// </summary>
/// <param name="pauseMin">After the first failure, in the caller's timestamps.</param>
/// <param name="pauseMax">The longest. After so long a time without a failure the pauses begin anew.</param>
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
