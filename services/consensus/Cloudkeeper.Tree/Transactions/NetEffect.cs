using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>The net effect of a transaction.</summary>
/// <param name="Changes">One a path, in the order of the paths.</param>
/// <param name="Touched">See <see cref="ChangeSet.TouchedParents"/>.</param>
/// <param name="Below">The nodes below deleted ones, in no order that means anything.</param>
internal readonly record struct NetEffect(
    IReadOnlyList<Change> Changes, IReadOnlyList<string> Touched, IReadOnlyList<DeletedNode> Below);
