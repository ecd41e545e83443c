using Cloudkeeper.Simulation.Clients;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>A call of a client that waits for its answer. It ends exactly once.</summary>
internal sealed class Call(object request, long deadline, Action<CallOutcome, object?> ended)
{
    /// <summary>A <see cref="HistoryOperation"/>, or the session of a keepalive.</summary>
    public object Request { get; } = request;

    /// <summary>Virtual microseconds.</summary>
    public long Deadline { get; } = deadline;

    public bool IsEnded { get; private set; }

    public void End(CallOutcome outcome, object? result = null)
    {
        if (!IsEnded)
        {
            IsEnded = true;
            ended(outcome, result);
        }
    }
}
