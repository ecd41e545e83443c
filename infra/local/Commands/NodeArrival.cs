using System.Diagnostics;
using Cloudkeeper.Local.Api;

namespace Cloudkeeper.Local.Commands;

/// <summary>Prints the steps of a node that joins: joined, caught up, voting, able to lead.</summary>
internal sealed class NodeArrival(ClusterApi api, Part part, CommandOutput output)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two lines about how far it is.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    /// <summary>As long as it gets anywhere it may take its time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private (string? State, long? Lag, long? Bytes) _seen;
    private long _seenAt = Stopwatch.GetTimestamp();
    private long _toldAt;

    /// <exception cref="CommandException">It gets nowhere.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var member = await WaitAsync(static member => member is not null, "has not joined", cancellationToken);
        await output.SayAsync($"{part.Name} has joined as {member.Id}, a learner: it has no vote yet");
        await WaitAsync(static member => member is { IsVoter: true }, "does not catch up", cancellationToken);
        var status = await api.ReadAsync(cancellationToken);
        await output.SayAsync($"{member.Id} has caught up");
        await output.SayAsync($"{member.Id} votes: {status.Majority} of {status.Voters} voters are a majority");
        await WaitUntilAbleToLeadAsync(member, cancellationToken);
        await output.SayAsync($"{member.Id} is able to lead");
    }

    private async Task<MemberStatus> WaitAsync(
        Func<MemberStatus?, bool> condition, string trouble, CancellationToken cancellationToken)
    {
        while (true)
        {
            var member = (await api.ReadAsync(cancellationToken)).MemberAt(part);
            if (condition(member))
            {
                return member!;
            }

            await NoticeAsync(member, trouble);
            await Task.Delay(Pause, cancellationToken);
        }
    }

    private async Task NoticeAsync(MemberStatus? member, string trouble)
    {
        var now = (member?.State, member?.Lag, member?.CatchUp?.BytesSent);
        if (_seen != now)
        {
            _seen = now;
            _seenAt = Stopwatch.GetTimestamp();
        }

        if (Stopwatch.GetElapsedTime(_seenAt) > Patience)
        {
            throw new CommandException($"{part.Name} {trouble}: nothing has changed for {Patience.TotalSeconds} s.");
        }

        if (member?.CatchUp is { } progress && Stopwatch.GetElapsedTime(_toldAt) > ProgressInterval)
        {
            _toldAt = Stopwatch.GetTimestamp();
            await output.SayAsync($"{member.Id} catches up: {Describe(progress)}");
        }
    }

    private static string Describe(CatchUpStatus progress)
    {
        var left = progress.SecondsLeft is { } seconds ? $", about {seconds} s left" : "";
        return progress.BytesTotal is { } total
            ? $"{progress.Percent} % of the snapshot ({progress.BytesSent:N0} of {total:N0} bytes{left})"
            : $"{progress.Percent} % of the log ({progress.EntriesLeft:N0} entries to go{left})";
    }

    /// <summary>The leader would hand over to it.</summary>
    private async Task WaitUntilAbleToLeadAsync(MemberStatus member, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await api.TransferAsync(member.Id, dryRun: true, cancellationToken);
                return;
            }
            catch (CommandException) when (Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}
