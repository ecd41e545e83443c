namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Between two attempts: doubling, and never the same for all gateways.</summary>
public static class RetryPause
{
    private const double MillisecondsMin = 5;
    private const double MillisecondsMax = 100;
    private const int DoublingsMax = 10;

    public static TimeSpan Longest => Of(int.MaxValue, 1);

    /// <param name="attempts">How many have failed, from 1.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan Of(int attempts, double random) => TimeSpan.FromMilliseconds(
        Math.Min(MillisecondsMax, MillisecondsMin * Math.Pow(2, Math.Min(attempts - 1, DoublingsMax))) * (0.5 + random));
}
