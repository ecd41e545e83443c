using System.Diagnostics;

namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>When a run counts, as <see cref="Stopwatch"/> timestamps: answers in [From, Until) are counted.</summary>
internal readonly record struct LoadWindow(long From, long Until)
{
    /// <summary>For work that ends by itself, such as writing the keys before the measurement.</summary>
    public static readonly LoadWindow Unlimited = new(0, long.MaxValue);

    public static LoadWindow Starting(TimeSpan warmup, TimeSpan duration)
    {
        var from = Stopwatch.GetTimestamp() + Ticks(warmup);
        return new LoadWindow(from, from + Ticks(duration));
    }

    public bool Contains(long timestamp) => timestamp >= From && timestamp < Until;

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
