using System.Diagnostics;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>
/// Waits for what another process will make true. The pause only spares the processor: the condition is what is waited
/// for, and the limit only decides when to give up.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < limit, $"Not within {limit.TotalSeconds} s: {what}.");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }
}
