using System.Text;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Locks;

/// <summary>
/// Exclusive locks: a container of ephemeral sequential children, of which the one that came first holds the lock.
/// Taking a place, granting and releasing are one step each, decided in log order.
/// </summary>
internal sealed class LockCommands(TreeState state, NodeOperations nodes, SessionCommands sessions)
{
    public Outcome Acquire(Transaction transaction, AcquireLockCommand command)
    {
        if (Check(command) is { } refusal)
        {
            return refusal;
        }

        var queue = state.Nodes.Find(command.Path)?.Children?.Queue;
        if (command.Session is { } id && FindTicket(queue, command.Path, state.Sessions.Find(id)!) is { } own)
        {
            return Outcome.Ok(Describe(own));
        }

        if (!command.Queue && queue?.Holder is { } holder)
        {
            return Outcome.Refused(ResultCode.LockHeld, new TicketList(command.Path, [Describe(holder)]));
        }

        return Enter(transaction, command);
    }

    /// <summary>Releases a ticket, and ends the session that was opened for it alone.</summary>
    public Outcome Release(Transaction transaction, ReleaseTicketCommand command)
    {
        if (state.Nodes.Tickets.Find(command.Ticket) is not { } node)
        {
            return Outcome.Refused(ResultCode.TicketNotFound);
        }

        if (node.OwnerOrTtl == command.Ticket.Value)
        {
            var session = state.Sessions.Find(new SessionId(node.OwnerOrTtl));
            Invariant.Require(session is not null);
            sessions.End(transaction, session, SessionEndReason.Closed, transaction.Time);
        }
        else
        {
            state.Nodes.Delete(transaction, node);
        }

        return Outcome.Ok();
    }

    /// <summary>How a ticket stands now.</summary>
    public Outcome Describe(Ticket ticket) => state.Nodes.Tickets.Find(ticket) is { } node
        ? Outcome.Ok(Describe(node))
        : Outcome.Refused(ResultCode.TicketNotFound);

    /// <summary>A contender that is not a ticket of ours has its creating revision in the place of the ticket.</summary>
    public static TicketInfo Describe(TreeNode node) => Describe(node, node.Parent!.Children!.Queue.PositionOf(node));

    public static TicketInfo Describe(TreeNode node, int position) => new(
        new Ticket(node.CreatedRevision.Value),
        RecipeKind.Lock,
        node.Parent!.GetPath(),
        node.GetPath(),
        position,
        node.Owner.GetValueOrDefault(),
        Encoding.UTF8.GetString(node.Value));

    public bool IsHeld(Ticket ticket) => state.Nodes.Tickets.Find(ticket) is { } node
        && ReferenceEquals(node.Parent!.Children!.Queue.Holder, node);

    private static TreeNode? FindTicket(LockQueue? queue, string path, Session session)
    {
        if (queue is null)
        {
            return null;
        }

        // The shorter of the two; both are exact.
        if (session.Ephemerals.Count <= queue.Count)
        {
            foreach (var node in session.Ephemerals)
            {
                if (node.IsTicket && node.Parent!.GetPath() == path)
                {
                    return node;
                }
            }

            return null;
        }

        foreach (var node in queue)
        {
            if (node.IsTicket && node.Owner == session.Id)
            {
                return node;
            }
        }

        return null;
    }

    private Outcome? Check(AcquireLockCommand command)
    {
        // As long as it gets: the number is the last thing of the path that varies.
        var ticketName = ContenderName.TicketPrefix(state.Revision.Next()) + NodeRules.Sequence(int.MinValue);
        if (!NodeRules.IsValidPath(command.Path) || !NodeRules.IsValidPath(NodePath.Join(command.Path, ticketName)))
        {
            return Outcome.Refused(ResultCode.InvalidPath);
        }

        if (Encoding.UTF8.GetByteCount(command.Owner) > Limits.NameBytesMax)
        {
            return Outcome.Refused(ResultCode.InvalidOperation);
        }

        return command.Session is { } session
            ? nodes.CheckSession(session)
            : sessions.Check(command.TtlMilliseconds, command.Owner);
    }

    private Outcome Enter(Transaction transaction, AcquireLockCommand command)
    {
        if (nodes.CheckEphemerals(command.Session) is { } tooMany)
        {
            return tooMany;
        }

        if (nodes.FindParent(transaction, command.Path, create: true, NodeKind.Container, out var parent) is { } refusal)
        {
            return refusal;
        }

        var session = command.Session ?? sessions.Open(transaction, command.TtlMilliseconds, command.Owner).Id;
        var name = ContenderName.TicketPrefix(transaction.Revision) + NodeRules.Sequence(parent!.Creations);

        // A client has made a node by hand under the very name that this ticket would have.
        if (parent.Children?.Find(name) is not null)
        {
            return Outcome.Refused(ResultCode.NodeExists);
        }

        var owner = Encoding.UTF8.GetBytes(command.Owner);
        var content = new NodeContent(owner, "text/plain", NodeKind.Ephemeral, session.Value, IsTicket: true);
        return Outcome.Ok(Describe(state.Nodes.Create(transaction, parent, name, content)));
    }
}
