using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Registration;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>The common part of all mutations: idempotency key, fences, and the headers of the answer.</summary>
internal sealed class Mutations(INodes nodes, ClusterLevel level)
{
    /// <summary>Executes a command for a request. A refusal is returned like a success: see <see cref="Refuse"/>.</summary>
    /// <param name="body">As it came, for the fingerprint.</param>
    /// <param name="session">The session that the command names.</param>
    public ValueTask<CommandResult> ExecuteAsync(
        HttpContext context, Command command, ReadOnlyMemory<byte> body, SessionId? session)
    {
        if (level.Value < ClusterLevel.GatewayTable && RegistrationPath.IsTouchedBy(command))
        {
            throw new ProblemException(ErrorKinds.InvalidOperation, RegistrationPath.Detail);
        }

        var key = MutationHeaders.IdempotencyKey(context.Request);
        var fingerprint = key is null ? UInt128.Zero : Fingerprint.Of(context.Request, body.Span);
        var fences = MutationHeaders.Fences(context.Request);
        return nodes.ExecuteAsync(new CommandRequest(0, key, fingerprint, fences, command), session);
    }

    /// <summary>Sets the headers that every answer to a mutation has.</summary>
    public static void Describe(HttpContext context, CommandResult result)
    {
        context.Response.SetRevision(result.Revision);
        if (result.Replayed)
        {
            context.Response.Headers[ResponseHeaders.Replayed] = "true";
        }
    }

    /// <summary>Writes the refusal that the state machine has decided.</summary>
    /// <param name="conditional">The request had a condition on the node.</param>
    public static void Refuse(HttpContext context, CommandResult result, bool conditional = false)
    {
        ProblemWriter.Write(context, result.Body switch
        {
            SessionInfo ended => SessionProblems.Of(result.Code, ended, result.Revision),
            NodeResult { Stat: { } stat } => new Problem(
                ErrorKinds.Of(result.Code, conditional), null, result.Revision, json => NodeJson.WriteStat(json, stat)),
            _ => new Problem(ErrorKinds.Of(result.Code, conditional), Revision: result.Revision),
        });
    }
}
