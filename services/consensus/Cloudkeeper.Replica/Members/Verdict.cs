using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>The decision of the rules on a request: an answer, or a step to be done first.</summary>
internal sealed record Verdict
{
    /// <summary>Nothing is to be done but to give this answer.</summary>
    public ChangeOutcome? Answer { get; private init; }

    /// <summary>To be proposed.</summary>
    public Membership? Next { get; private init; }

    /// <summary>The member that it is about, in an announcement.</summary>
    public NodeId? Node { get; private init; }

    /// <summary>To be made leader.</summary>
    public NodeId? Successor { get; private init; }

    public static Verdict Say(ChangeOutcome answer) => new() { Answer = answer };

    public static Verdict Wait(string reason) => Say(ChangeOutcome.UnderWay(reason));

    public static Verdict Refuse(string code, string detail) => Say(ChangeOutcome.Refused(code, detail));

    public static Verdict Propose(Membership next, NodeId? node = null) => new() { Next = next, Node = node };

    public static Verdict HandOver(NodeId successor) => new() { Successor = successor };
}
