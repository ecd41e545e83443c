namespace Cloudkeeper.Node.Joining;

/// <summary>
/// The answer of <c>GET /membership</c>: a node's identity, before it belongs to a cluster as well as later.
/// </summary>
/// <param name="Cluster">Null: none yet.</param>
/// <param name="Node">Null: none yet.</param>
/// <param name="Run">Of the process; none: a former program, which draws none.</param>
/// <param name="Detail">A sentence for people: the node's present work, or the reason of its wait.</param>
internal sealed record NodeView(
    Guid? Cluster, int? Node, Guid Instance, NodePhase State, int Level, string Address, string? Detail, Guid Run = default);
