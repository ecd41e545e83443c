using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Locks;

/// <summary>
/// L5: tickets are served in the order in which they were taken: the place in a client's answer is the one by the
/// committed changes.
/// </summary>
internal sealed class TicketsAgree(LockBook locks) : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var result = entry.Results[i];
            if (entry.IsExecutedHere(result) && result.Body is TicketInfo ticket)
            {
                Require(ticket, result.Revision);
            }
        }
    }

    /// <param name="revision">At which the ticket was described.</param>
    public void Require(TicketInfo ticket, Revision revision)
    {
        var contender = locks.Find(ticket.Ticket)
            ?? throw new ViolationException("L5 tickets", $"ticket {ticket.Ticket} was never taken");
        if (contender.IsHeldAt(revision) != ticket.IsHeld || contender.GoneAt <= revision)
        {
            throw new ViolationException(
                "L5 tickets",
                $"ticket {ticket.Ticket} is reported at {ticket.Position} at revision {revision}; it is held since "
                + $"{contender.HeldSince}, gone at {contender.GoneAt}");
        }
    }
}
