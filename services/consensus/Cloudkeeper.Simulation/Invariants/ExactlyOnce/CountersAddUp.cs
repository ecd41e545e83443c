using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.ExactlyOnce;

/// <summary>E1, checked another way: a counter is the sum of all additions, once each.</summary>
internal sealed class CountersAddUp : ICommittedCheck
{
    private readonly Dictionary<string, long> _sums = new(StringComparer.Ordinal);

    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var isAddition = entry.Batch!.Requests[i].Command is MutationCommand { Operation: AddOperation };
            if (isAddition && entry.IsExecutedHere(entry.Results[i]))
            {
                Add((AddOperation)((MutationCommand)entry.Batch.Requests[i].Command).Operation, entry.Results[i]);
            }
        }
    }

    private void Add(AddOperation operation, CommandResult result)
    {
        var sum = _sums[operation.Path] = _sums.GetValueOrDefault(operation.Path) + operation.Amount;
        if (result.Body is not CounterResult counter || counter.Value != sum)
        {
            throw new ViolationException(
                "E1 counters", $"{operation.Path} is {result.Body} at {result.Revision}, additions come to {sum}");
        }
    }
}
