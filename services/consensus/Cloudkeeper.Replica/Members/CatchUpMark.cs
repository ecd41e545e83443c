using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// How far a member must be to keep pace: where the commit index was a moment ago. The moment is one to two intervals, an
/// interval a quarter of the election timeout: long enough for a round trip, short enough that a wait for the rest goes
/// unnoticed. It begins anew with each leadership.
/// </summary>
internal sealed class CatchUpMark(int electionTicks)
{
    private readonly int _interval = Math.Max(1, electionTicks / 4);
    private Term _term;
    private LogIndex _mark;
    private LogIndex _next;
    private int _age;

    /// <summary>It has not led for long enough to take silence for absence.</summary>
    public bool IsYoung(Term term) => term != _term || _age <= electionTicks;

    /// <param name="term">Of the leadership whose tick this is.</param>
    public void Tick(Term term, LogIndex commit)
    {
        if (term != _term)
        {
            (_term, _mark, _next, _age) = (term, commit, commit, 0);
        }
        else if (++_age % _interval == 0)
        {
            (_mark, _next) = (_next, commit);
        }
    }

    /// <summary>False at the very beginning of a leadership.</summary>
    public bool IsReached(Term term, LogIndex match) => term == _term && match >= _mark;
}
