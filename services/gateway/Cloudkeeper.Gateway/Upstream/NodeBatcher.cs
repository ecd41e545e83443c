using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>A batcher whose batches go to a node, again and again until one has answered or nobody waits any more.</summary>
internal abstract class NodeBatcher<TRequest, TResult>(
    NodeCalls calls, PreferredNode node, GatewayOptions options, int underWayMax, TimeProvider time, ILogger logger)
    : Batcher<TRequest, TResult>(
        underWayMax, options.WaitingItemsMax, options.WaitingBytesMax, options.RequestTimeout, time, logger)
{
    /// <summary>Named leaders are asked at once this many times in a row: two nodes may name each other for a while.</summary>
    private const int RedirectsInRowMax = 2;

    /// <summary>Whether a batch that a node has seen without answering may have changed something.</summary>
    protected abstract bool IsMutation { get; }

    /// <summary>Whether what fails at a node has changed nothing: those that were sent with it then go again without it.</summary>
    protected virtual bool FailsAlone => false;

    /// <param name="mayBeDone">What is in it has been sent before, and may have been done or be done yet.</param>
    /// <returns>
    /// What a node said to the batch, or null when every request has been refused. One that no node has taken may be put
    /// back with <see cref="PutBack"/>.
    /// </returns>
    protected async ValueTask<Delivery?> DeliverAsync(
        List<Pending<TRequest, TResult>> batch, string route, ReadOnlyMemory<byte> body, bool mayBeDone = false)
    {
        var isUnknown = mayBeDone;
        var redirects = 0;
        for (var attempts = 1; ; attempts++)
        {
            var news = calls.LeaderNews;
            var attempt = await calls.TryAsync(node, route, body, Remaining(batch));
            if (attempt.Outcome == AttemptOutcome.Answered)
            {
                return new Delivery(attempt.Body, attempts, IsTaken: true);
            }

            var mayGoInParts = attempt.Outcome == AttemptOutcome.Objected || (FailsAlone && attempt.IsFinal);
            if (mayGoInParts && batch.Count > 1)
            {
                return new Delivery(default, attempts, IsTaken: false) { Objection = attempt.Problem, MayBeDone = isUnknown };
            }

            var isLost = IsMutation && attempt.Outcome == AttemptOutcome.Unknown;
            var ends = attempt.IsFinal && (isLost || !isUnknown || attempt.Outcome == AttemptOutcome.Objected);
            isUnknown |= isLost;

            // Who gives up while the batch goes on for others goes along with it, and may yet be executed. One look at the
            // clock for both questions: between two, the last of a batch would become overdue and not know it.
            var now = Time.GetTimestamp();
            var mayHappen = isUnknown || (IsMutation && !ends && !IsOverdue(batch, now));
            Expire(batch, mayHappen ? ErrorKinds.OutcomeUnknown : attempt.Problem!, ends, now);
            ExpireWaiting();
            if (batch.TrueForAll(static pending => pending.IsCompleted))
            {
                return null;
            }

            redirects = attempt.IsRedirect ? redirects + 1 : 0;
            if (redirects is 0 or > RedirectsInRowMax)
            {
                await calls.PauseAsync(attempts, news);
            }
        }
    }

    /// <summary>A node has refused the batch for what is in it: its requests go again, fewer at a time.</summary>
    protected void PutBack(List<Pending<TRequest, TResult>> batch)
    {
        Length.Refused(batch.Count);
        Requeue(batch.Where(static pending => !pending.IsCompleted));
    }

    /// <summary>Until the next client of the batch must have an answer.</summary>
    private TimeSpan Remaining(List<Pending<TRequest, TResult>> batch)
    {
        var deadline = long.MaxValue;
        foreach (var pending in batch)
        {
            deadline = pending.IsCompleted ? deadline : Math.Min(deadline, pending.Deadline);
        }

        var remaining = Time.GetElapsedTime(Time.GetTimestamp(), deadline);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }

    private static bool IsOverdue(List<Pending<TRequest, TResult>> batch, long now) =>
        batch.TrueForAll(pending => pending.IsCompleted || pending.Deadline <= now);

    private static void Expire(List<Pending<TRequest, TResult>> batch, ErrorKind kind, bool all, long now)
    {
        foreach (var pending in batch)
        {
            if (!pending.IsCompleted && (all || pending.Deadline <= now))
            {
                pending.Fail(new ProblemException(kind));
            }
        }
    }

    /// <param name="Body">The answer, once it is taken.</param>
    /// <param name="Attempts">How often the batch was sent.</param>
    /// <param name="IsTaken">False: the node that was asked last has done nothing.</param>
    protected readonly record struct Delivery(ReadOnlyMemory<byte> Body, int Attempts, bool IsTaken)
    {
        /// <summary>Why the batch was not taken.</summary>
        public ErrorKind? Objection { get; init; }

        /// <summary>Not taken, but a node that was asked before may have done it, or may yet do it.</summary>
        public bool MayBeDone { get; init; }
    }
}
