using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>The session of a client, and the keepalives that hold it.</summary>
internal sealed class ClientSession(World world, Func<Gateway> gateway, Action lost)
{
    private const int KeepalivesPerTtl = 3;

    /// <summary>Null: none, as far as the client knows.</summary>
    public SessionId? Id { get; private set; }

    public void Opened(HistoryOperation operation)
    {
        if (operation.Result is { Code: ResultCode.Ok, Body: SessionInfo session })
        {
            Id = session.Id;

            // The answer to a repeated key may be about a session that has come and gone.
            if (!operation.Result.Replayed)
            {
                world.Facts.NoEarlyExpiry.Acknowledged(session.Id, operation.Invoked);
            }

            KeepAlive(session.Id);
        }
    }

    public void Closed(SessionId id) => Lose(id);

    /// <summary>An answer that shows, by the way, whether the session lives.</summary>
    public void Used(HistoryOperation operation)
    {
        if (operation.Result?.Code is ResultCode.SessionExpired or ResultCode.SessionNotFound && Id is { } id)
        {
            Lose(id);
        }
    }

    public void Abandon()
    {
        if (Id is { } id)
        {
            Lose(id);
        }
    }

    private void KeepAlive(SessionId id)
    {
        if (Id != id || world.Workload.IsStopped)
        {
            return;
        }

        var sentAt = world.Scheduler.Now;
        var interval = world.Options.SessionTtlMilliseconds * Scheduler.Millisecond / KeepalivesPerTtl;
        gateway().Keepalive(id, sentAt + (2 * interval), result => Answered(id, sentAt, result));
        world.Scheduler.After(interval, () => KeepAlive(id));
    }

    private void Answered(SessionId id, long sentAt, KeepaliveResult? result)
    {
        switch (result?.Status)
        {
            case KeepaliveStatus.Alive:
                world.Facts.NoEarlyExpiry.Acknowledged(id, sentAt);
                break;
            case KeepaliveStatus.Expired or KeepaliveStatus.Unknown:
                world.Totals.Count(Marker.KeepalivesAnsweredExpired);
                world.Facts.Ended.RequireEnding(id, result);
                Lose(id);
                break;
        }
    }

    private void Lose(SessionId id)
    {
        if (Id == id)
        {
            Id = null;
            lost();
        }
    }
}
