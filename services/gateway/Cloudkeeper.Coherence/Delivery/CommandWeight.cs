using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>
/// The largest answer to a command: only transactions that read values bring back more than they took along. Some
/// hundred of them at once, of values of 1 MiB, would be an answer that neither side can hold.
/// </summary>
public static class CommandWeight
{
    public static long AnswerBytesOf(Command command) => command is TransactionCommand transaction
        ? (long)Math.Max(Gets(transaction.Then), Gets(transaction.Else)) * Limits.ValueBytesMax
        : 0;

    private static int Gets(IReadOnlyList<Operation> operations)
    {
        var gets = 0;
        for (var i = 0; i < operations.Count; i++)
        {
            gets += operations[i] is GetOperation ? 1 : 0;
        }

        return gets;
    }
}
