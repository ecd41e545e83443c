using System.Text;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>What a node says of itself to the leader, at its first start and whenever something of it has changed.</summary>
/// <param name="Cluster">The cluster that it belongs to, by what is on its disk; null: none yet.</param>
/// <param name="Node">The id that it was given, by what is on its disk; null: none yet.</param>
/// <param name="Instance">The random number of its data directory.</param>
/// <param name="Address">Where the others reach it, e.g. <c>http://10.0.0.4:7000</c>.</param>
/// <param name="Level">The newest feature level that its program knows.</param>
/// <param name="Replace">
/// It takes the place of the member <paramref name="Node"/>, or of the one with its address, whose data is lost.
/// </param>
public sealed record Announcement(
    Guid? Cluster, NodeId? Node, Guid Instance, string Address, int Level, bool Replace = false)
{
    /// <summary>Who is at the address that the log gives for the member; null: nobody has asked there.</summary>
    public FormerAddress? Former { get; init; }

    /// <summary>The end of its log; null: it does not say.</summary>
    public LogIndex? LastIndex { get; init; }

    /// <summary>What makes it unfit to stand in a membership; null when nothing does.</summary>
    internal string? Problem() => this switch
    {
        { Instance: var instance } when instance == Guid.Empty => "The instance is missing.",
        { Level: < 0 or > ushort.MaxValue } => $"The level must be 0 to {ushort.MaxValue}.",
        { Address: var address } when address is null || !Ascii.IsValid(address)
            || !Uri.IsWellFormedUriString(address, UriKind.Absolute) => "The address is not a URL.",
        { Address.Length: > MembershipCodec.AddressBytesMax } =>
            $"The address is longer than {MembershipCodec.AddressBytesMax} bytes.",
        _ => null,
    };
}
