using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>
/// The work of commands in the present state, before any of them is in the log. Each is looked at by itself: several
/// that need the same parents count them each, and a node that one creates the next one does not delete.
/// </summary>
internal sealed class WorkEstimate(TreeState state)
{
    public EntryWork Of(CommandBatch batch)
    {
        var work = default(EntryWork);
        for (var i = 0; i < batch.Requests.Count; i++)
        {
            work += Of(batch.Requests[i].Command);
        }

        return work;
    }

    private EntryWork Of(Command command) => command switch
    {
        MutationCommand mutation => Of(mutation.Operation),
        TransactionCommand transaction => Of(transaction.Then) + Of(transaction.Else),
        CloseSessionCommand close => new EntryWork(state.Sessions.Find(close.Session)?.Ephemerals.Count ?? 0, 0),
        AcquireLockCommand acquire => new EntryWork(0, CountMissing(acquire.Path)),
        _ => default,
    };

    private EntryWork Of(IReadOnlyList<Operation> operations)
    {
        var work = default(EntryWork);
        for (var i = 0; i < operations.Count; i++)
        {
            work += Of(operations[i]);
        }

        return work;
    }

    private EntryWork Of(Operation operation) => operation switch
    {
        DeleteOperation { Recursive: true } delete => new EntryWork(CountBelow(delete.Path), 0),
        WriteOperation { Parents: true } write => new EntryWork(0, CountMissingAbove(write.Path)),
        CreateSequentialOperation { Parents: true } create => new EntryWork(0, CountMissing(create.Parent)),
        AddOperation add => new EntryWork(0, CountMissingAbove(add.Path)),
        _ => default,
    };

    private int CountBelow(string path) =>
        NodeRules.IsValidPath(path) && state.Nodes.Find(path) is { } node ? NodeTree.SizeOf(node) - 1 : 0;

    private int CountMissingAbove(string path) => Math.Max(0, CountMissing(path) - 1);

    private int CountMissing(string path)
    {
        if (!NodeRules.IsValidPath(path))
        {
            return 0;
        }

        var node = state.Nodes.Root;
        var segments = new PathSegments(path);
        while (segments.MoveNext())
        {
            if (node.Children?.Find(segments.Current) is not { } child)
            {
                return 1 + segments.CountRest();
            }

            node = child;
        }

        return 0;
    }
}
