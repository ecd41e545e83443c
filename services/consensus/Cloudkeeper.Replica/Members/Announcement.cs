using System.Text;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>A node's announcement to the leader, at its first start and whenever something of it has changed.</summary>
/// <param name="Cluster">The cluster that it belongs to, by its disk; null: none yet.</param>
/// <param name="Node">The id that it was given, by its disk; null: none yet.</param>
/// <param name="Instance">The random number of its data directory.</param>
/// <param name="Address">Where the others reach it, e.g. <c>http://10.0.0.4:7000</c>.</param>
/// <param name="Level">The newest feature level that its program knows.</param>
/// <param name="Replace">
/// It takes the place of the member <paramref name="Node"/>, or of the one with its address, whose data is lost.
/// </param>
public sealed record Announcement(
    Guid? Cluster, NodeId? Node, Guid Instance, string Address, int Level, bool Replace = false)
{
    /// <summary>The process at the address that the log gives for the member; null: not asked.</summary>
    public FormerAddress? Former { get; init; }

    /// <summary>The end of its log; null: not announced.</summary>
    public LogIndex? LastIndex { get; init; }

    /// <summary>The fault that keeps it out of a membership; null: none.</summary>
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
