using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>Counts the contents of the committed entries.</summary>
internal sealed class SessionTotals(Totals totals) : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        totals.Entries++;
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var command = entry.Batch!.Requests[i].Command;
            totals.Count(Marker.LevelsRaised, command is RaiseFeatureLevelCommand ? 1 : 0);
            totals.Count(Marker.CheckpointsStamped, command is CheckpointCommand ? 1 : 0);
            if (!entry.IsExecutedHere(entry.Results[i]))
            {
                continue;
            }

            switch (command)
            {
                case OpenSessionCommand:
                    totals.Count(Marker.SessionsOpened);
                    break;
                case CloseSessionCommand:
                    totals.Count(Marker.SessionsClosed);
                    break;
                case ExpireSessionsCommand expire:
                    totals.Count(Marker.SessionsExpired, expire.Sessions.Count);
                    break;
            }
        }
    }
}
