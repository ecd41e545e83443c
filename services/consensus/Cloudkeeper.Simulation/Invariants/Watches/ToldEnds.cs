using Cloudkeeper.Protocol;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Watches;

/// <summary>
/// When a watch that names a session gets its end, against the committed log: not before it, and not later than its
/// consequences, such as the going of its ephemeral nodes.
/// </summary>
/// <remarks>
/// A keepalive may be answered so earlier: the leader has decided it then, and the entry that does it may still be on
/// its way.
/// </remarks>
internal sealed class ToldEnds(SessionBook sessions)
{
    private SessionId? _session;
    private Revision _from;

    /// <param name="session">Null: the watch names none.</param>
    public void Begin(SessionId? session, Revision from) => (_session, _from) = (session, from);

    /// <summary>The watch goes on from a later revision. It does not get what happened before.</summary>
    public void GoOn(Revision from) => _from = from;

    /// <summary>All changes up to here have been sent.</summary>
    /// <param name="hasEnded">And that the session ended on the way.</param>
    public void Reached(Revision position, bool hasEnded)
    {
        if (Life is not { } life)
        {
            return;
        }

        var isEndPassed = life.EndedAt is { } end && end <= position;
        if (hasEnded && !isEndPassed)
        {
            throw Wrong($"has its end sent by {position}, it ended at {life.EndedAt}");
        }

        if (!hasEnded && isEndPassed && life.EndedAt > _from)
        {
            throw Wrong($"ended at {life.EndedAt}, and a watcher that has everything up to {position} did not get it");
        }
    }

    private SessionLife? Life => _session is { } session ? sessions.Find(session) : null;

    private ViolationException Wrong(string what) => new("W1 told ends", $"session {_session} {what}");
}
