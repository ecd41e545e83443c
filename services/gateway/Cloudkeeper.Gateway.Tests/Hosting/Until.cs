using System.Diagnostics;

namespace Cloudkeeper.Gateway.Tests.Hosting;

/// <summary>Waits for what will happen, however slow the machine is, but not for ever.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, "It has not happened.");
            await Task.Yield();
        }
    }
}
