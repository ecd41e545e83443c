namespace Cloudkeeper.Node.Joining;

/// <summary>Logs how far the node is: each step once, and what it waits for every ten seconds.</summary>
internal sealed partial class ProgressLog(TimeProvider time, ILogger<ProgressLog> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _waitingSince = time.GetTimestamp();

    public void Say(string step)
    {
        _waitingSince = time.GetTimestamp();
        LogStep(logger, step);
    }

    /// <summary>Makes it the node's state for others, and logs it now and then; a refusal at once.</summary>
    public void Wait(ThisNode node, NodePhase phase, string what, bool isRefusal = false)
    {
        var isNew = node.Phase != phase || node.Detail != what;
        if (isNew)
        {
            node.Become(phase, what);
        }

        if ((isNew && isRefusal) || time.GetElapsedTime(_waitingSince) >= Interval)
        {
            _waitingSince = time.GetTimestamp();
            LogWaiting(logger, what);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Step}")]
    private static partial void LogStep(ILogger logger, string step);

    [LoggerMessage(2, LogLevel.Warning, "Waiting: {What}")]
    private static partial void LogWaiting(ILogger logger, string what);
}
