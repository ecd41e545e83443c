namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Elections, terms, votes.</summary>
internal static class Elections
{
    private const string Node = "Cloudkeeper.Raft/RaftNode.cs";
    private const string Election = "Cloudkeeper.Raft/RaftNode.Election.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-01", "entries of earlier terms are committed by counting replicas")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Replication.cs",
                    "if (reached <= CommitIndex || reached < _termStart)",
                    "if (reached <= CommitIndex)"),
            ],
        },
        new("B-03", "stepping down within a term forgets the vote")
        {
            Edits =
            [
                new(
                    Election,
                    """
                    if (term > Term)
                    {
                        SetTermAndVote(term, vote: null);
                    }
                    """,
                    """
                    if (term > Term)
                    {
                        SetTermAndVote(term, vote: null);
                    }
                    else
                    {
                        _vote = null;
                        _writes.HardStateChanged();
                    }
                    """),
            ],
        },
        new("B-04", "term and vote are two writes, and the reply waits for the first")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/Log/WriteQueue.cs",
                    "new HardState(term, vote, ",
                    "new HardState(term, term > _written.Term ? null : vote, "),
            ],
        },
        new("B-04.2", "the vote does not survive a restart") { Switch = Runs.Bug.ForgetVote },
        new("B-05", "votes of an older term are counted")
        {
            Edits = [new(Node, "if (message.Term < Term)", "if (message.Term < Term && message is not VoteReply)")],
        },
        new("B-07", "logs are compared by term and index, each for itself")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/Log/RaftLog.cs",
                    "lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);",
                    "lastTerm >= LastTerm && lastIndex >= LastIndex;"),
            ],
        },
        new("B-08", "messages of a lower term are not answered, so that their sender never learns the present one")
        {
            Edits =
            [
                new(Node, "if (IsFromLeader(message))\n{\nAcknowledge(", "if (message.Term > Term)\n{\nAcknowledge("),
                new(
                    Election,
                    "var granted = request.Term > Term\n&& !HasLiveLeader",
                    "if (request.Term <= Term)\n{\nreturn;\n}\n\nvar granted = request.Term > Term\n&& !HasLiveLeader"),
            ],
        },
        new("B-09", "a member that asks for a pre-vote goes on believing in the leader")
        {
            Edits = [new(Election, "SetRole(Role.PreCandidate, leader: null);", "SetRole(Role.PreCandidate, Leader);")],
        },
        new("B-10", "without pre-vote: a member that comes back with a higher term deposes a healthy leader")
        {
            Edits =
            [
                new(
                    Election,
                    "if (Role != Role.Leader && MayLead)\n{\nStartPreVote();",
                    "if (Role != Role.Leader && MayLead)\n{\nStartElection(isTransfer: false);"),
                new(Election, "if (HasLiveLeader && !request.IsTransfer)", "if (request.Term <= Term)"),
            ],
        },
        new("B-11", "a pre-vote that comes after the victory starts another campaign")
        {
            Edits =
            [
                new(
                    Election,
                    "if (Role == Role.PreCandidate && reply.Term == answered)",
                    "if (Role != Role.Follower && reply.Term <= answered)"),
                new(Election, "Won when Role == Role.PreCandidate:", "Won when Role != Role.Candidate:"),
            ],
        },
        new("B-12", "every request for a vote sets the election timer back")
        {
            Edits =
            [
                new(
                    Election,
                    "private void OnPreVoteRequest(PreVoteRequest request)\n{",
                    "private void OnPreVoteRequest(PreVoteRequest request)\n{\n_electionElapsed = 0;"),
                new(
                    Election,
                    "var granted = request.Term == Term && CanVoteFor(request);",
                    "_electionElapsed = 0;\nvar granted = request.Term == Term && CanVoteFor(request);"),
            ],
        },
    ];
}
