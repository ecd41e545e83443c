using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary>The handlers of the routes of <c>/v1/sessions</c>.</summary>
internal sealed class SessionHandlers(
    INodes nodes, ClusterLevel level, ConsistentReads reads, Mutations mutations, BodyReader bodies)
{
    private const long TtlMillisecondsOtherwise = 10_000;
    private const int PageSizeOtherwise = 1_000;
    private const int IdsMax = 4_096;

    /// <summary>An id has up to 16 digits, maybe between quotation marks, and something around them.</summary>
    private const int IdsBytesMax = IdsMax * 32;

    public async Task OpenAsync(HttpContext context)
    {
        using var content = await bodies.ReadJsonAsync(context);
        var body = content.Memory.IsEmpty
            ? new OpenSessionBody()
            : JsonBody.Parse(context, content, GatewayJson.Default.OpenSessionBody);
        var ttl = JsonMembers.Duration(
            "ttl", body.Ttl, Limits.SessionTtlMillisecondsMin, Limits.SessionTtlMillisecondsMax);
        var command = new OpenSessionCommand(ttl ?? TtlMillisecondsOtherwise, JsonMembers.Name("name", body.Name));
        var result = await mutations.ExecuteAsync(context, command, content.Memory, session: null);
        Mutations.Describe(context, result);
        if (result is not { Code: ResultCode.Ok, Body: SessionInfo session })
        {
            Mutations.Refuse(context, result);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{SessionEndpoints.Route}/{session.Id}";
        JsonAnswer.Write(context, session, static (json, session) =>
            SessionJson.Write(json, session, session.TtlMilliseconds));
    }

    public async Task ListAsync(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var choice = ConsistencyChoice.Of(context, query);
        var after = query.Session("cursor") ?? new SessionId(0);
        var limit = query.Integer("limit", 1, Limits.PageSizeMax) ?? PageSizeOtherwise;
        var answer = await reads.ReadAsync(new ReadSessionsRequest(after, limit), choice, context.RequestAborted);
        answer.Describe(context);
        var sessions = (ReadSessionsResult)answer.Result;
        await JsonAnswer.WriteAsync(context, SessionJson.HeldBy(sessions), sessions, SessionJson.WriteAsync);
    }

    public async Task GetAsync(HttpContext context)
    {
        var id = IdOf(context);
        var query = RequestQuery.Of(context);
        var choice = ConsistencyChoice.Of(context, query);
        var request = new ReadSessionRequest(id, ArrivalCursor.PageOf(query, level));
        var answer = await reads.ReadAsync(request, choice, context.RequestAborted);
        answer.Describe(context);
        var result = (ReadSessionResult)answer.Result;
        if (result is not { Code: ResultCode.Ok, Session: { EndReason: null } session })
        {
            ProblemWriter.Write(context, SessionProblems.Of(result.Code, result.Session, answer.Revision));
            return;
        }

        var held = SessionJson.HeldBy(result.Ephemerals);
        await JsonAnswer.WriteAsync(context, held, (session, result), static (parts, read) =>
            SessionJson.WriteAsync(
                parts, read.session, read.result.ExpiresInMilliseconds, read.result.Ephemerals, read.result.More));
    }

    public async Task CloseAsync(HttpContext context)
    {
        var id = IdOf(context);
        var result = await mutations.ExecuteAsync(context, new CloseSessionCommand(id), default, id);
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

    public async Task KeepAliveAsync(HttpContext context)
    {
        var id = IdOf(context);
        var result = await nodes.KeepAliveAsync(id);
        if (result.Status != KeepaliveStatus.Alive)
        {
            ProblemWriter.Write(context, await SessionProblems.ReadAsync(nodes, id));
            return;
        }

        context.Response.SetRevision(result.Revision);
        JsonAnswer.Write(context, result, static (json, result) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, result.Session.Value);
            json.WriteString("expiresIn"u8, DurationText.Format(result.ExpiresInMilliseconds));
            json.WriteEndObject();
        });
    }

    public async Task KeepAllAliveAsync(HttpContext context)
    {
        using var content = await bodies.ReadJsonAsync(context, IdsBytesMax);
        var body = JsonBody.Parse(context, content, GatewayJson.Default.KeepaliveBody);
        if (body.Ids is not { Count: <= IdsMax } ids)
        {
            throw JsonMembers.Invalid("ids", $"is needed, with at most {IdsMax} of them");
        }

        var results = await Task.WhenAll(ids.Select(id => nodes.KeepAliveAsync(new SessionId(id)).AsTask()));
        if (results.Length > 0)
        {
            // Of all the results here, which several batches may have brought.
            context.Response.SetRevision(results.Max(result => result.Revision));
        }

        await JsonAnswer.WriteAsync(context, 0, results, SessionJson.WriteAsync);
    }

    private static SessionId IdOf(HttpContext context) =>
        IntegerText.TryParse(context.GetRouteValue("id") as string, out var id)
            ? new SessionId(id)
            : throw new ProblemException(ErrorKinds.SessionNotFound);
}
