using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Locks;

/// <summary>The handlers of the routes of <c>/v1/locks</c> and <c>/v1/tickets</c>.</summary>
internal sealed class LockHandlers(
    INodes nodes, ClusterLevel level, ConsistentReads reads, Mutations mutations, BodyReader bodies, TicketWaits waits,
    WaitSlots slots, TimeProvider time)
{
    public async Task AcquireAsync(HttpContext context)
    {
        var path = RequestTarget.TreePath(context);
        using var content = await bodies.ReadJsonAsync(context);
        var body = JsonBody.Parse(context, content, GatewayJson.Default.AcquireLockBody);
        var wait = TimeSpan.FromMilliseconds(
            JsonMembers.Duration("wait", body.Wait, 0, TicketWaits.WaitMillisecondsMax) ?? 0);
        var command = CommandOf(path, body);
        using var slot = slots.Enter(wait);
        var result = await mutations.ExecuteAsync(context, command, content.Memory, command.Session);
        Mutations.Describe(context, result);
        if (result is { Code: ResultCode.Ok, Body: TicketInfo ticket })
        {
            await AnswerTicketAsync(context, ticket, wait);
        }
        else if (result is { Code: ResultCode.LockHeld, Body: TicketList held })
        {
            RefuseHeld(context, result.Revision, held);
        }
        else
        {
            Mutations.Refuse(context, result);
        }
    }

    public async Task GetLockAsync(HttpContext context)
    {
        var path = RequestTarget.TreePath(context);
        var query = RequestQuery.Of(context);
        var choice = ConsistencyChoice.Of(context, query);
        var request = new ReadLockRequest(path, ArrivalCursor.PageOf(query, level));
        var answer = await reads.ReadAsync(request, choice, context.RequestAborted);
        answer.Describe(context);
        var result = (ReadLockResult)answer.Result;
        await JsonAnswer.WriteAsync(context, TicketJson.HeldBy(result.Tickets), (path, result), static async (parts, read) =>
        {
            parts.Json.WriteStartObject();
            parts.Json.WriteString("path"u8, read.path);
            await TicketJson.WriteListAsync(parts, "holders", read.result.Tickets.Where(static ticket => ticket.Ticket!.IsHeld));
            await TicketJson.WriteListAsync(parts, "waiting", read.result.Tickets.Where(static ticket => !ticket.Ticket!.IsHeld));
            if (read.result.More is { } last)
            {
                parts.Json.WriteString("cursor"u8, ArrivalCursor.Behind(last));
            }

            parts.Json.WriteEndObject();
        });
    }

    public async Task GetTicketAsync(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var wait = TimeSpan.FromMilliseconds(query.Duration("wait", 0, TicketWaits.WaitMillisecondsMax) ?? 0);
        using var slot = slots.Enter(wait);
        using var keeper = query.Session("session") is { } session
            ? await SessionKeeper.StartAsync(nodes, session, time)
            : null;
        var (ticket, revision) = await waits.WaitAsync(
            TicketOf(context), wait, keeper?.Ended ?? default, context.RequestAborted);
        context.Response.SetRevision(revision);
        Write(context, ticket);
    }

    public async Task ReleaseAsync(HttpContext context)
    {
        var result = await mutations.ExecuteAsync(
            context, new ReleaseTicketCommand(TicketOf(context)), default, session: null);
        Mutations.Describe(context, result);
        if (result.Code == ResultCode.Ok)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            Mutations.Refuse(context, result);
        }
    }

    /// <summary>The present state, as soon as the ticket is held. While its client waits here, the session lives.</summary>
    private async Task AnswerTicketAsync(HttpContext context, TicketInfo ticket, TimeSpan wait)
    {
        using var keeper = wait > TimeSpan.Zero && !ticket.IsHeld
            ? await SessionKeeper.StartAsync(nodes, ticket.Session, time)
            : null;
        var (present, _) = await waits.WaitAsync(ticket.Ticket, wait, keeper?.Ended ?? default, context.RequestAborted);
        context.Response.StatusCode =
            present.Ticket!.IsHeld ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        Write(context, present);
    }

    private static AcquireLockCommand CommandOf(string path, AcquireLockBody body)
    {
        var ttl = JsonMembers.Duration(
            "ttl", body.Ttl, Limits.SessionTtlMillisecondsMin, Limits.SessionTtlMillisecondsMax);
        if (ttl is null == body.Session is null)
        {
            throw new ProblemException(ErrorKinds.InvalidBody, "Give either session or ttl.");
        }

        if (body.Mode is not (null or "exclusive"))
        {
            throw JsonMembers.Invalid("mode", "is 'exclusive'");
        }

        if (path == NodePath.Root)
        {
            throw new ProblemException(ErrorKinds.InvalidOperation, "The root is no lock.");
        }

        SessionId? session = body.Session is { } id ? new SessionId(id) : null;
        return new AcquireLockCommand(path, session, ttl ?? 0, JsonMembers.Name("owner", body.Owner), body.Queue);
    }

    private static void RefuseHeld(HttpContext context, Revision revision, TicketList held) =>
        ProblemWriter.Write(context, new Problem(ErrorKinds.LockHeld, Revision: revision, WriteMembers: json =>
        {
            json.WriteStartArray("holders"u8);
            foreach (var ticket in held.Tickets.Where(static ticket => ticket.IsHeld))
            {
                TicketJson.Write(json, ticket, expiresIn: -1);
            }

            json.WriteEndArray();
        }));

    private static void Write(HttpContext context, ReadTicketResult ticket) =>
        JsonAnswer.Write(context, ticket, static (json, ticket) =>
            TicketJson.Write(json, ticket.Ticket!, ticket.ExpiresInMilliseconds));

    private static Ticket TicketOf(HttpContext context) =>
        IntegerText.TryParse(context.GetRouteValue("ticket") as string, out var ticket)
            ? new Ticket(ticket)
            : throw new ProblemException(ErrorKinds.TicketNotFound);
}
