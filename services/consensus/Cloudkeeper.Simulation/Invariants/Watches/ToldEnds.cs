using Cloudkeeper.Protocol;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Watches;

/// <summary>
/// What a watch that names a session tells of its end, against the committed log: not before it, and not later than what
/// happened with it, such as the going of its ephemeral nodes.
/// </summary>
/// <remarks>
/// A keepalive may say so earlier: the leader has decided it then, and the entry that does it may still be on its way.
/// </remarks>
internal sealed class ToldEnds(SessionBook sessions)
{
    private SessionId? _session;
    private Revision _from;

    /// <param name="session">Null: the watch names none.</param>
    public void Begin(SessionId? session, Revision from) => (_session, _from) = (session, from);

    /// <summary>The watch goes on from a later revision. What happened before, it does not tell.</summary>
    public void GoOn(Revision from) => _from = from;

    /// <summary>Everything up to here has been told.</summary>
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
            throw Wrong($"is said to have ended by {position}, it ended at {life.EndedAt}");
        }

        if (!hasEnded && isEndPassed && life.EndedAt > _from)
        {
            throw Wrong($"ended at {life.EndedAt}, and a watcher that has everything up to {position} is not told");
        }
    }

    private SessionLife? Life => _session is { } session ? sessions.Find(session) : null;

    private ViolationException Wrong(string what) => new("W1 told ends", $"session {_session} {what}");
}
