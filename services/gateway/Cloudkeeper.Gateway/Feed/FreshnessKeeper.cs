using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>
/// Asks the leader now and then when no reader does, so that the age of the state here is known within about a second.
/// </summary>
internal sealed class FreshnessKeeper(INodes nodes, FeedProgress progress, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (progress.Staleness is { } staleness && staleness < Interval)
            {
                continue;
            }

            try
            {
                progress.Confirm(await nodes.ReadIndexAsync());
            }
            catch (ProblemException)
            {
                // No quorum: the state here grows older, and its age shows it.
            }
        }
    }
}
