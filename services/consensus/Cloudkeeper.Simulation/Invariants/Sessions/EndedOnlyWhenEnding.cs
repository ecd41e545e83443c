using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Sessions;

/// <summary>
/// S5: a session that was opened is never unknown while it lives, nor for ten minutes after its end: a client with that
/// answer would take its ephemeral nodes for gone (bug B-60).
/// </summary>
internal sealed class EndedOnlyWhenEnding(SessionBook sessions)
{
    public void RequireEnding(SessionId session, KeepaliveResult told)
    {
        ArgumentNullException.ThrowIfNull(told);
        if (told.Status == KeepaliveStatus.Unknown && sessions.Find(session) is { } life)
        {
            throw new ViolationException(
                "S5 ended sessions", $"session {session}, opened at {life.OpenedAt}, is reported unknown");
        }
    }
}
