using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Locks;

/// <summary>Waits until a ticket is held.</summary>
internal sealed class TicketWaits(INodes nodes, ChangeRelay relay, TimeProvider time)
{
    public const long WaitMillisecondsMax = 60_000;

    /// <summary>The ticket's state: as soon as it is held, else when the time is up or the session has ended.</summary>
    /// <exception cref="ProblemException"><c>ticket-not-found</c>.</exception>
    public async Task<(ReadTicketResult Ticket, Revision Revision)> WaitAsync(
        Ticket ticket, TimeSpan wait, CancellationToken ended, CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        var state = await ReadAsync(ticket);
        if (IsDone(state.Ticket, wait))
        {
            return state;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, cancellationToken);
        using var watch = relay.Watch(new WatchInterest([new WatchTarget(state.Ticket.Ticket!.Path, WatchScope.Children)]));
        do
        {
            // Watched first, then read: a change in between wakes.
            state = await ReadAsync(ticket);
        }
        while (!IsDone(state.Ticket, wait) && await IsWokenAsync(watch, deadline, either.Token));

        cancellationToken.ThrowIfCancellationRequested();
        return ended.IsCancellationRequested ? await ReadAsync(ticket) : state;
    }

    private static bool IsDone(ReadTicketResult state, TimeSpan wait) => state.Ticket!.IsHeld || wait == TimeSpan.Zero;

    /// <summary>A ticket before it may have gone. New waiters come behind it and change nothing.</summary>
    private async Task<bool> IsWokenAsync(LiveWatch watch, long deadline, CancellationToken cancellationToken)
    {
        while (time.GetElapsedTime(time.GetTimestamp(), deadline) is var rest && rest > TimeSpan.Zero)
        {
            try
            {
                await watch.WaitAsync(rest, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return false;
            }

            var delivery = watch.Take();
            if (delivery.HasGap || delivery.Events.Any(static item => item.Change.Type == ChangeType.Deleted))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<(ReadTicketResult Ticket, Revision Revision)> ReadAsync(Ticket ticket)
    {
        var answer = await nodes.ReadAsync(new ReadTicketRequest(ticket), ReadConsistency.Linearizable, Revision.Zero);
        return answer.Result is ReadTicketResult { Code: ResultCode.Ok, Ticket: not null } found
            ? (found, answer.Revision)
            : throw new ProblemException(new Problem(ErrorKinds.TicketNotFound, Revision: answer.Revision));
    }
}
