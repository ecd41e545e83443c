using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Reads that are answered when there is something new.</summary>
internal sealed class NodeWaits(
    INodes nodes, ConsistentReads reads, ChangeRelay relay, WaitSlots slots, TimeProvider time)
{
    /// <returns>The last state read, and whether it is newer than the client's.</returns>
    /// <exception cref="ProblemException">
    /// <c>session-not-found</c> or <c>session-expired</c>, now or meanwhile; <c>overloaded</c>: too many wait already.
    /// </exception>
    public async Task<(ServedRead Answer, bool IsNewer)> WaitAsync(
        ReadRequest request, string path, ConsistencyChoice choice, NodeWait wait, CancellationToken cancellationToken)
    {
        using var slot = slots.Enter(wait.Patience);
        using var keeper = wait.Session is { } session ? await SessionKeeper.StartAsync(nodes, session, time) : null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(keeper?.Ended ?? default, cancellationToken);

        // Watched first, then read at least there: a change in between wakes.
        using var watch = relay.Watch(new WatchInterest(
            [new WatchTarget(path, WatchScope.Node), new WatchTarget(path, WatchScope.Children)]));
        var floor = choice.Consistency == Consistency.Stale
            ? choice
            : choice with { MinRevision = watch.Start > choice.MinRevision ? watch.Start : choice.MinRevision };
        var deadline = time.GetTimestamp() + (long)(wait.Patience.TotalSeconds * time.TimestampFrequency);
        var answer = await reads.ReadAsync(request, floor, cancellationToken);
        var known = wait.After ?? OwnRevision(answer.Result);
        while (OwnRevision(answer.Result) <= known)
        {
            if (!await IsWokenAsync(watch, deadline, ending.Token))
            {
                cancellationToken.ThrowIfCancellationRequested();
                return keeper is { Ended.IsCancellationRequested: true }
                    ? throw new ProblemException(await SessionProblems.ReadAsync(nodes, wait.Session!.Value))
                    : (answer, false);
            }

            // A client that accepts an old state wants the one that this gateway has received.
            var consistency = floor.Consistency == Consistency.Stale ? Consistency.Session : floor.Consistency;
            var news = new ConsistencyChoice(consistency, watch.Take().Position);
            answer = await reads.ReadAsync(request, news, cancellationToken);
        }

        return (answer, true);
    }

    /// <summary>The revision of the state that is read; of an absent node, that of its deletion.</summary>
    private static Revision OwnRevision(ReadResult result) => result switch
    {
        ReadNodeResult node => node.Stat?.ModifiedRevision ?? node.AbsentSince,
        ReadChildrenResult children => children.Stat?.ChildrenRevision ?? children.AbsentSince,
        _ => throw new ArgumentException($"No long poll has the result {result.GetType().Name}.", nameof(result)),
    };

    private async Task<bool> IsWokenAsync(LiveWatch watch, long deadline, CancellationToken ending)
    {
        var rest = time.GetElapsedTime(time.GetTimestamp(), deadline);
        try
        {
            return rest > TimeSpan.Zero && await watch.WaitAsync(rest, ending);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
