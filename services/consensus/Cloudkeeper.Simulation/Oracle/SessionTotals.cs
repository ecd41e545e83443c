using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>Counts what the committed entries contain.</summary>
internal sealed class SessionTotals(Totals totals) : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        totals.Entries++;
        for (var i = 0; i < entry.Results.Count; i++)
        {
            if (!entry.IsExecutedHere(entry.Results[i]))
            {
                continue;
            }

            switch (entry.Batch!.Requests[i].Command)
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
