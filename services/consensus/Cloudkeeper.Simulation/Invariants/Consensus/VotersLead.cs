using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// A member that does not vote neither leads nor stands for election, and leadership is handed only to a voter that has
/// the whole log: it knows of its own promotion (thesis, sections 3.10 and 4.2.2; bugs B-14 and B-16).
/// </summary>
internal static class VotersLead
{
    /// <param name="known">The newest membership in its log.</param>
    /// <param name="committed">The newest one that it knows to be committed: its own removal may not be yet.</param>
    public static void Stands(NodeId candidate, Membership known, Membership committed)
    {
        if (!Votes(known, candidate) && !Votes(committed, candidate))
        {
            throw Broken($"node {candidate} stands for election, or leads, in [{known}]");
        }
    }

    public static void Sending(TimeoutNowRequest request, Membership known, NodeView successor)
    {
        if (known.Find(request.To) is not { IsVoter: true })
        {
            throw Broken($"node {request.From} hands over to {request.To} in [{known}]");
        }

        // A lost disk, or a later leader, may have taken entries from it.
        var log = successor.Durable;
        var mayLack = successor.IsLost || successor.Written.HardState.Term > request.Term;
        if (!mayLack && !Holds(log, request.LastIndex, request.LastTerm))
        {
            throw Broken($"{request.To} is to take over at {request.LastIndex} and has {log.LastIndex} of {log.Last.Term}");
        }
    }

    private static bool Votes(Membership members, NodeId id) => members.Find(id) is { IsLearner: false };

    private static bool Holds(ShadowLog log, LogIndex index, Term term) =>
        index < log.BaseIndex || (log.Has(index) && log[index].Term == term);

    private static ViolationException Broken(string what) => new("voters lead", what);
}
