using System.Globalization;
using System.Text;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>Counters: nodes that hold a decimal number as text, exact in every JSON parser.</summary>
internal sealed class CounterOperations(TreeState state, NodeOperations nodes)
{
    private const long Bound = 1L << 53;
    private const string ContentType = "text/plain";

    /// <summary>A counter that is not there begins at 0; it and its missing parents are created.</summary>
    public Outcome Add(Transaction transaction, AddOperation operation)
    {
        if (!NodeRules.IsValidPath(operation.Path))
        {
            return Outcome.Refused(ResultCode.InvalidPath);
        }

        var value = 0L;
        var node = state.Nodes.Find(operation.Path);
        if (node is not null && !TryRead(node.Value, out value))
        {
            return Outcome.Refused(ResultCode.NotACounter);
        }

        var sum = value + (Int128)operation.Amount;
        if (sum < -Bound || sum > Bound)
        {
            return Outcome.Refused(ResultCode.CounterOverflow);
        }

        var text = Encoding.ASCII.GetBytes(((long)sum).ToString(CultureInfo.InvariantCulture));
        var written = nodes.Write(transaction, new WriteOperation(operation.Path, text, ContentType, Parents: true));
        return written.Body is NodeResult { Stat: { } stat } && written.IsOk
            ? Outcome.Ok(new CounterResult(operation.Path, (long)sum, stat))
            : written;
    }

    private static bool TryRead(byte[] text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        && value is >= -Bound and <= Bound;
}
