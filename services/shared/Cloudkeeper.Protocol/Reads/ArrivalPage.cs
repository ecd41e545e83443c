namespace Cloudkeeper.Protocol.Reads;

/// <summary>A part of a list in the order in which its nodes were created. Known to nodes from feature level 4 on.</summary>
/// <param name="After">Only nodes behind this place; null: from the first.</param>
/// <param name="Limit">Of nodes: 1 to <see cref="Limits.PageSizeMax"/>. A page ends before where it would become too large.</param>
public sealed record ArrivalPage(Arrival? After, int Limit);

/// <summary>
/// The place of a node in the order of creation: of one transaction, nodes come by their paths. It stays when the node goes.
/// </summary>
public sealed record Arrival(Revision Created, string Path);
