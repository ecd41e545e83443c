using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary>Why a session cannot be used: never known, or ended, and how.</summary>
internal static class SessionProblems
{
    public static Problem Of(ResultCode code, SessionInfo? session, Revision revision)
    {
        if (code != ResultCode.SessionExpired && session?.EndReason is null)
        {
            return new Problem(ErrorKinds.SessionNotFound, Revision: revision);
        }

        return new Problem(ErrorKinds.SessionExpired, Revision: revision, WriteMembers: json =>
        {
            if (session?.EndReason is { } reason)
            {
                json.WriteString("reason"u8, reason == SessionEndReason.Closed ? "closed" : "ttl");
                NodeJson.WriteTime(json, "lastKeepaliveAt"u8, session.LastKeepaliveAt);
            }
        });
    }

    /// <summary>Of a session that a keepalive found dead.</summary>
    public static async Task<Problem> ReadAsync(INodes nodes, SessionId session)
    {
        var answer = await nodes.ReadAsync(
            new ReadSessionRequest(session), ReadConsistency.Linearizable, Revision.Zero);
        var result = (ReadSessionResult)answer.Result;
        return Of(result.Code, result.Session, answer.Revision);
    }
}
