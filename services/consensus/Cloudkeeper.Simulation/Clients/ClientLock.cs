using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>A client that wants a lock, waits for it, uses the guarded resource, and releases it.</summary>
/// <param name="isNaive">It goes on although it could know that its session, and so the lock, is lost.</param>
internal sealed class ClientLock(World world, SimulatedClient client, bool isNaive)
{
    private const int Locks = 2;

    private string _path = "";
    private Ticket? _ticket;
    private bool _believesToHold;

    /// <summary>Does the next thing about a lock, or nothing.</summary>
    public bool TryAct(SimulationRandom random, SessionId? session)
    {
        if (_ticket is not { } ticket)
        {
            return TryAcquire(random, session);
        }

        if (random.Chance(0.1))
        {
            Release(ticket);
        }
        else if (!_believesToHold && isNaive && random.Chance(0.3))
        {
            Trespass(ticket);
        }
        else if (!_believesToHold)
        {
            client.Read(new ReadTicketRequest(ticket), Freshness.Linearizable, o => Learned(ticket, o));
        }
        else
        {
            Use(ticket);
        }

        return true;
    }

    /// <summary>The session is lost, and with it the ticket.</summary>
    public void Lost()
    {
        if (!isNaive)
        {
            Forget();
        }
    }

    private bool TryAcquire(SimulationRandom random, SessionId? session)
    {
        if (!random.Chance(0.06))
        {
            return false;
        }

        _path = $"{LockBook.Root}/{random.Next(Locks)}";
        var isOwn = session is null || random.Chance(0.1);
        var command = new AcquireLockCommand(
            _path,
            isOwn ? null : session,
            isOwn ? world.Options.SessionTtlMilliseconds : 0,
            $"client {client.Id}",
            Queue: random.Chance(0.7));
        client.Write(command, false, Acquired);
        return true;
    }

    private void Acquired(HistoryOperation operation)
    {
        if (operation.Result is not { Code: ResultCode.Ok, Body: TicketInfo ticket })
        {
            return;
        }

        _ticket = ticket.Ticket;
        if (ticket.IsHeld)
        {
            Believe();
        }
    }

    private void Learned(Ticket ticket, HistoryOperation operation)
    {
        if (_ticket != ticket)
        {
            return;
        }

        if (operation.ReadResult is not ReadTicketResult { Ticket: { } info })
        {
            Forget();
        }
        else if (info.IsHeld)
        {
            Believe();
        }
    }

    private void Use(Ticket ticket)
    {
        // Perhaps not any more: the token is for that.
        if (!world.Facts.Resource.TryUse(_path, ticket))
        {
            Forget();
        }

        client.Write(GuardedWrite(ticket), true, o => Used(ticket, o), ticket);
    }

    /// <summary>Writes under the guard of a ticket that only waits, as far as it knows.</summary>
    private void Trespass(Ticket ticket) => client.Write(GuardedWrite(ticket), true, static _ => { }, ticket);

    private static MutationCommand GuardedWrite(Ticket ticket) => new(
        new WriteOperation("/keys/guarded", BitConverter.GetBytes(ticket.Value), "text/plain", Parents: true));

    private void Used(Ticket ticket, HistoryOperation operation)
    {
        if (operation.Result?.Code == ResultCode.FenceLost && _ticket == ticket)
        {
            Forget();
        }
    }

    private void Release(Ticket ticket)
    {
        Forget();
        client.Write(new ReleaseTicketCommand(ticket), true, static _ => { });
    }

    private void Believe()
    {
        if (!_believesToHold)
        {
            _believesToHold = true;
            world.Facts.Resource.Believes(_path, holds: true);
        }
    }

    private void Forget()
    {
        _ticket = null;
        if (_believesToHold)
        {
            _believesToHold = false;
            world.Facts.Resource.Believes(_path, holds: false);
        }
    }
}
