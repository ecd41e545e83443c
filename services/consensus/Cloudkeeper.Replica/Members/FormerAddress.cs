using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>The finding at the address that the log gives for a member which announces another one.</summary>
public sealed record FormerAddress(string Address, Occupant Occupant)
{
    /// <summary>The fault of <see cref="Members.Occupant.AnotherProcess"/>, and its remedy.</summary>
    public string Problem(NodeId id) =>
        $"{Names.Of(id)} runs at {Address}, and the data directory of this node is a copy of its: two processes under one id "
        + "would vote twice. Start this node with an empty data directory and --join, to let it join as a new member; or, to move "
        + $"{Names.Of(id)} to here, stop it there first, copy its data directory then, and never start the old one again.";
}

public enum Occupant
{
    /// <summary>No process answers, or one with other data.</summary>
    Nobody,

    /// <summary>The very process that announces itself: it is reached at both addresses.</summary>
    Announcer,

    /// <summary>A process with the same data directory that is another one: a copy was made.</summary>
    AnotherProcess,
}
