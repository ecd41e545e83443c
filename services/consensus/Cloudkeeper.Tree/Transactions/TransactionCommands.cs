using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>Runs single operations and transactions of several.</summary>
internal sealed class TransactionCommands
{
    private readonly TreeState _state;
    private readonly NodeOperations _nodes;
    private readonly CounterOperations _counters;

    public TransactionCommands(TreeState state, NodeOperations nodes)
    {
        _state = state;
        _nodes = nodes;
        _counters = new CounterOperations(state, nodes);
    }

    public Outcome Run(Transaction transaction, Operation operation) => operation switch
    {
        WriteOperation write => _nodes.Write(transaction, write),
        CreateSequentialOperation create => _nodes.CreateSequential(transaction, create),
        DeleteOperation delete => _nodes.Delete(transaction, delete),
        GetOperation get => _nodes.Get(get),
        AddOperation add => _counters.Add(transaction, add),
        _ => throw Invariant.Unreachable(operation),
    };

    public Outcome Run(Transaction transaction, TransactionCommand command)
    {
        if (Check(command) is { } refusal)
        {
            return refusal;
        }

        var succeeded = command.If.All(Holds);
        var operations = succeeded ? command.Then : command.Else;
        var results = new List<ResultBody>(operations.Count);
        var readBytes = 0L;
        for (var i = 0; i < operations.Count; i++)
        {
            var outcome = Run(transaction, operations[i]);
            readBytes += (outcome.Body as GetResult)?.Value.Length ?? 0;
            if (readBytes > Limits.TransactionBytesMax)
            {
                outcome = Outcome.Refused(ResultCode.ValueTooLarge);
            }

            if (!outcome.IsOk)
            {
                return Outcome.Refused(
                    ResultCode.TransactionFailed, new TransactionResult(succeeded, [], i, outcome.Code));
            }

            Invariant.Require(outcome.Body is not null);
            results.Add(outcome.Body);
        }

        return Outcome.Ok(new TransactionResult(succeeded, results, FailedIndex: -1, ResultCode.Ok));
    }

    private static Outcome? Check(TransactionCommand command)
    {
        const int countMax = Limits.TransactionOperationsMax;
        if (command.If.Count > countMax || command.Then.Count > countMax || command.Else.Count > countMax)
        {
            return Outcome.Refused(ResultCode.InvalidOperation);
        }

        return command.If.Any(condition => !NodeRules.IsValidPath(condition.Path))
            ? Outcome.Refused(ResultCode.InvalidPath)
            : null;
    }

    private bool Holds(Condition condition)
    {
        if (_state.Nodes.Find(condition.Path) is not { } node)
        {
            return condition is { Exists: false, Revision: null, Version: null, Value: null };
        }

        return condition.Exists != false
            && (condition.Revision is not { } revision || revision == node.ModifiedRevision)
            && (condition.Version is not { } version || version == NodeRules.AnyVersion || version == node.Version)
            && (condition.Value is not { } value || value.Span.SequenceEqual(node.Value));
    }
}
