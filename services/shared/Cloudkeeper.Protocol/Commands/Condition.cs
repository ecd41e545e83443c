namespace Cloudkeeper.Protocol.Commands;

/// <summary>A condition on one node; every member that is given must hold.</summary>
/// <param name="Exists">Whether the node is there. All other members imply that it is.</param>
public sealed record Condition(
    string Path,
    bool? Exists = null,
    Revision? Revision = null,
    int? Version = null,
    ReadOnlyMemory<byte>? Value = null);
