namespace Cloudkeeper.Replica.Peers;

/// <summary>
/// How long a member waits before it dials a peer again that cannot be reached: twice as long each time, up to
/// <see cref="LongestMilliseconds"/>, and less by chance, so that members that lost a peer together do not come back
/// together.
/// </summary>
public sealed class DialBackoff(Random random)
{
    /// <summary>Never sooner: a reason to dial at once may come from others, as often as they like.</summary>
    public const int FirstMilliseconds = 50;

    public const int LongestMilliseconds = 5_000;

    /// <summary>A stream that lasted so long has worked.</summary>
    public const int SteadyMilliseconds = 1_000;

    private int _losses;

    /// <summary>A stream has ended, or did not come about.</summary>
    /// <param name="lastedMilliseconds">How long it was open; 0: not at all.</param>
    /// <returns>For how long to wait, in milliseconds, unless there is a reason to dial at once.</returns>
    public int AfterLoss(long lastedMilliseconds)
    {
        if (lastedMilliseconds >= SteadyMilliseconds)
        {
            _losses = 0;
        }

        var longest = (int)Math.Min((long)FirstMilliseconds << _losses, LongestMilliseconds);
        if (longest < LongestMilliseconds)
        {
            _losses++;
        }

        return Math.Max(FirstMilliseconds, random.Next(longest / 2, longest + 1));
    }

    /// <summary>The peer is there, or the members need it now.</summary>
    public void Reset() => _losses = 0;
}
