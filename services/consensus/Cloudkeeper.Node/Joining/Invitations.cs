namespace Cloudkeeper.Node.Joining;

/// <summary>The newest invitation into a cluster, for a node that belongs to none.</summary>
internal sealed class Invitations
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _arrival = NewArrival();

    public InvitationBody? Newest { get; private set; }

    public void Accept(InvitationBody invitation)
    {
        lock (_gate)
        {
            Newest = invitation;
            _arrival.TrySetResult();
            _arrival = NewArrival();
        }
    }

    /// <summary>Completes with the next invitation, or after the given time.</summary>
    public Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return WaitAsync(_arrival.Task, atMost, time, cancellationToken);
        }
    }

    private static async Task WaitAsync(Task arrival, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        await arrival.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
