using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// Logs the feature level of the cluster whenever it changes; and, at the leader, the members that hold it where it is
/// although others know the next.
/// </summary>
/// <param name="logger">Of <see cref="MemberWatch"/>, whose first event is a refusal.</param>
internal sealed partial class LevelNews(ILogger logger)
{
    private int _level;
    private string _holders = "";

    public void Observe(MemberSelfView view, NodeId self)
    {
        // A state that nothing was applied to has no cluster yet.
        if (view.FeatureLevel != _level && view.Applied > LogIndex.Zero)
        {
            _level = view.FeatureLevel;
            LogLevelIs(logger, _level);
        }

        var holders = view.Leader == self ? string.Join(", ", view.LevelHolders.Select(id => "n" + id)) : "";
        if (holders != _holders)
        {
            _holders = holders;
            if (holders.Length > 0)
            {
                LogHeld(logger, view.FeatureLevel, holders);
            }
        }
    }

    [LoggerMessage(2, LogLevel.Information, "The cluster uses feature level {Level}")]
    private static partial void LogLevelIs(ILogger logger, int level);

    [LoggerMessage(
        3,
        LogLevel.Information,
        "The cluster stays at feature level {Level} until {Members} run a newer program, or are removed")]
    private static partial void LogHeld(ILogger logger, int level, string members);
}
