using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Sessions;

/// <summary>S3: nothing that names a session succeeds after the revision that ended it, or before it began.</summary>
internal sealed class NothingAfterTheEnd(SessionBook sessions) : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            if (!entry.IsExecutedHere(entry.Results[i]))
            {
                continue;
            }

            switch (entry.Batch!.Requests[i].Command)
            {
                case MutationCommand mutation:
                    Require(mutation.Operation, entry.Results[i].Revision);
                    break;
                case TransactionCommand { If.Count: 0 } transaction:
                    foreach (var operation in transaction.Then)
                    {
                        Require(operation, entry.Results[i].Revision);
                    }

                    break;
                case AcquireLockCommand acquire:
                    Require(acquire.Session, entry.Results[i].Revision);
                    break;
            }
        }
    }

    private void Require(Operation operation, Revision revision) => Require(
        operation switch
        {
            WriteOperation write => write.Session,
            CreateSequentialOperation create => create.Session,
            _ => null,
        },
        revision);

    private void Require(SessionId? session, Revision revision)
    {
        if (session is { } id && sessions.Find(id)?.IsAliveAt(revision) != true)
        {
            throw new ViolationException(
                "S3 nothing after the end",
                $"session {id} acts at revision {revision}, it ended at {sessions.Find(id)?.EndedAt}");
        }
    }
}
