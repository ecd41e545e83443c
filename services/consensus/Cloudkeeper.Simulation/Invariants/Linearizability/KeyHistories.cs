using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Invariants.ExactlyOnce;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Invariants.Linearizability;

/// <summary>
/// Second opinion on linearizability: the history of each key, by itself, must fit one order in which times and results
/// agree. Of each key the first part that ends when no request for it is under way.
/// </summary>
internal sealed class KeyHistories(OnceOnly decisions, Totals totals)
{
    private const string Keys = "/keys/";
    private const int OperationsMax = 400;
    private const int OperationsShown = 12;
    private const int TriesMax = 200_000;

    private readonly SortedDictionary<string, List<TimedStep<KeyState>>> _byKey = new(StringComparer.Ordinal);

    // Where a key's history cannot be followed any further.
    private readonly Dictionary<string, long> _ends = new(StringComparer.Ordinal);

    public void Add(HistoryOperation operation)
    {
        if (operation.Request is { } request)
        {
            AddWrite(operation, request.Command);
        }
        else if (operation is
        {
            Outcome: CallOutcome.Answered,
            Wanted: Freshness.Linearizable,
            Read: ReadNodeRequest read,
            ReadResult: ReadNodeResult result,
        })
        {
            AddStep(operation, read.Path, operation.Returned!.Value, state => state.Read(result));
        }
    }

    public void Check()
    {
        foreach (var (key, steps) in _byKey)
        {
            steps.Sort(static (a, b) => a.Invoked.CompareTo(b.Invoked));
            var end = _ends.GetValueOrDefault(key, long.MaxValue);
            totals.Count(Marker.KeyHistoriesChecked);
            switch (LinearizabilityChecker<KeyState>.Check(FirstPart(steps, end, OperationsMax), default, TriesMax))
            {
                case Verdict.NotLinearizable:
                    throw new ViolationException(
                        "linearizability", $"no order fits what happened to {key}:\n{Describe(steps, end)}");
                case Verdict.GivenUp:
                    totals.Count(Marker.KeyHistoriesGivenUp);
                    break;
            }
        }
    }

    /// <summary>The longest beginning that is short enough, and at whose end no operation is under way.</summary>
    private static List<TimedStep<KeyState>> FirstPart(List<TimedStep<KeyState>> steps, long end, int lengthMax)
    {
        var length = 0;
        var busyUntil = long.MinValue;
        for (var i = 0; i <= Math.Min(lengthMax, steps.Count); i++)
        {
            var next = i < steps.Count ? Math.Min(steps[i].Invoked, end) : end;
            if (busyUntil < next)
            {
                length = i;
            }

            if (next == end)
            {
                break;
            }

            busyUntil = Math.Max(busyUntil, steps[i].Returned);
        }

        return steps[..length];
    }

    /// <summary>The last operations of the shortest part that no order fits.</summary>
    private static string Describe(List<TimedStep<KeyState>> steps, long end)
    {
        var length = 1;
        while (LinearizabilityChecker<KeyState>.Check(FirstPart(steps, end, length), default, TriesMax)
            != Verdict.NotLinearizable)
        {
            length++;
        }

        return string.Join('\n', FirstPart(steps, end, length).TakeLast(OperationsShown).Select(static s => s.Subject));
    }

    private void AddWrite(HistoryOperation operation, Command command)
    {
        if (Resolve(operation) is not var (returned, code, revision))
        {
            return;
        }

        switch (command)
        {
            case MutationCommand { Operation: WriteOperation write } when IsOfTheKey(code):
                var told = (operation.Result?.Body as NodeResult)?.Stat;
                AddStep(operation, write.Path, returned, s => s.Write(write, code, revision, told));
                break;
            case MutationCommand { Operation: DeleteOperation delete } when IsOfTheKey(code):
                AddStep(operation, delete.Path, returned, state => state.Delete(delete, code));
                break;
            case TransactionCommand transaction when code == ResultCode.Ok:
                AddTransaction(operation, transaction, returned, revision);
                break;
        }
    }

    /// <summary>When it was over at the latest, and how it ended; null: without an effect or a known one.</summary>
    private (long Returned, ResultCode Code, Revision Revision)? Resolve(HistoryOperation operation) => operation switch
    {
        { Outcome: CallOutcome.Answered, Result: { Replayed: false } result } =>
            (operation.Returned!.Value, result.Code, result.Revision),
        { Outcome: CallOutcome.Unknown, SentAs: { } sent }
            when decisions.Find(sent.Lane, sent.Serial) is { Replayed: false, Code: ResultCode.Ok } decision =>
            (Math.Max(operation.Invoked, decision.Time), decision.Code, decision.Revision),
        _ => null,
    };

    /// <summary>Other refusals mean nothing for the key.</summary>
    private static bool IsOfTheKey(ResultCode code) => code is ResultCode.Ok or ResultCode.NodeNotFound
        or ResultCode.NodeExists or ResultCode.RevisionMismatch or ResultCode.VersionMismatch;

    /// <summary>To each of its keys a transaction is its effect on that key alone.</summary>
    private void AddTransaction(
        HistoryOperation operation, TransactionCommand transaction, long returned, Revision revision)
    {
        var result = operation.Result?.Body as TransactionResult;
        foreach (var key in KeysOf(transaction))
        {
            if (result is null)
            {
                // It is unknown which branch it took.
                _ends[key] = Math.Min(_ends.GetValueOrDefault(key, long.MaxValue), operation.Invoked);
                continue;
            }

            AddStep(operation, key, returned, state => Apply(state, key, transaction, result, revision));
        }
    }

    private static KeyState? Apply(
        KeyState state, string key, TransactionCommand transaction, TransactionResult result, Revision revision)
    {
        var own = transaction.If.Where(c => c.Path == key).ToList();
        var mayFail = own.Count < transaction.If.Count;
        if (result.Succeeded ? !own.TrueForAll(c => state.Holds(c)) : !mayFail && own.TrueForAll(c => state.Holds(c)))
        {
            return null;
        }

        var isChanged = false;
        var operations = result.Succeeded ? transaction.Then : transaction.Else;
        for (var i = 0; i < operations.Count; i++)
        {
            var after = operations[i] switch
            {
                WriteOperation write when write.Path == key =>
                    state.Write(write, ResultCode.Ok, revision, told: null),
                DeleteOperation delete when delete.Path == key => state.Delete(delete, ResultCode.Ok),
                GetOperation get when get.Path == key && result.Results[i] is GetResult got =>
                    state.Read(StatOf(got), got.Value),
                _ => state,
            };
            if (after is not { } next)
            {
                return null;
            }

            isChanged |= next != state;
            state = next;
        }

        return state;

        // A transaction that undoes its own write has no revision of its own, though it has seen one.
        NodeStat? StatOf(GetResult got) =>
            isChanged && got.Stat is { } stat ? stat with { ModifiedRevision = state.Modified } : got.Stat;
    }

    private static IEnumerable<string> KeysOf(TransactionCommand transaction) => transaction.If.Select(c => c.Path)
        .Concat(transaction.Then.Concat(transaction.Else).Select(static o => o switch
        {
            WriteOperation write => write.Path,
            DeleteOperation delete => delete.Path,
            GetOperation get => get.Path,
            _ => "",
        }))
        .Where(IsKey)
        .Distinct(StringComparer.Ordinal);

    private static bool IsKey(string path) => path.StartsWith(Keys, StringComparison.Ordinal);

    private void AddStep(HistoryOperation operation, string key, long returned, Func<KeyState, KeyState?> apply)
    {
        if (!IsKey(key))
        {
            return;
        }

        if (!_byKey.TryGetValue(key, out var steps))
        {
            _byKey.Add(key, steps = []);
        }

        steps.Add(new TimedStep<KeyState>(operation.Invoked, returned, apply, operation));
    }
}
