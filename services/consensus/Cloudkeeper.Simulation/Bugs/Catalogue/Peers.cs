namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Messages of peers are believed that must not be (SR-C2).</summary>
internal static class Peers
{
    private const string Trust = "Cloudkeeper.Raft/RaftNode.Trust.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("SR-C2.1", "every sender is believed like a voter")
        {
            Edits = [new(Trust, "_quorum.IsVoter(id) || _log.Membership", "id.Value > 0 || _log.Membership")],
        },
        new("SR-C2.2", "the sender of a message is not compared with that of its stream")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Replica/Peers/RaftMessageCodec.cs",
                    "return message.From == from && message.To == to",
                    "return message.To == to"),
            ],
        },
        new("SR-C2.3", "strangers that ask for votes are obeyed")
        {
            Edits =
            [
                new(
                    Trust,
                    "if (!HasSay(message.From) && !IsWordOfLeader(message))",
                    "if (message is not VoteRequest && !HasSay(message.From) && !IsWordOfLeader(message))"),
            ],
        },
        new("SR-C2.4", "any sender is believed that a member was removed") { Switch = Runs.Bug.BelieveRemoval },
        new("SR-C2.5", "a learner's higher term deposes its leader")
        {
            Edits =
            [
                new(
                    Trust,
                    "message is AppendReply or HeartbeatReply && message.Term <= Term && ",
                    "message is AppendReply or HeartbeatReply && "),
            ],
        },
    ];
}
