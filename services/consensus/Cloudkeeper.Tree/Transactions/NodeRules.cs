using System.Globalization;
using System.Runtime.InteropServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>The checks of an operation that need no look at the state.</summary>
internal static class NodeRules
{
    /// <summary>ZooKeeper's "any version".</summary>
    public const int AnyVersion = -1;

    /// <summary>Of nodes that were created as parents.</summary>
    public const string NoContentType = "application/octet-stream";

    /// <summary>ZooKeeper keeps TTLs in 40 bits.</summary>
    public const long TtlMillisecondsMax = (1L << 40) - 1;

    public static bool IsValidPath(string path) => NodePath.Check(path) is null;

    /// <returns>The refusal, or null.</returns>
    public static Outcome? CheckValue(ReadOnlyMemory<byte> value, string contentType)
    {
        if (value.Length > Limits.ValueBytesMax)
        {
            return Outcome.Refused(ResultCode.ValueTooLarge);
        }

        return contentType.Length > Limits.ContentTypeCharsMax ? Outcome.Refused(ResultCode.InvalidOperation) : null;
    }

    /// <summary>An ephemeral node has an owner, a TTL node a TTL, the others neither.</summary>
    /// <returns>The refusal, or null.</returns>
    public static Outcome? CheckKind(NodeKind kind, SessionId? session, long ttlMilliseconds)
    {
        var isValid = kind switch
        {
            NodeKind.Ephemeral => session is not null && ttlMilliseconds == 0,
            NodeKind.Ttl => session is null && ttlMilliseconds is > 0 and <= TtlMillisecondsMax,
            NodeKind.Persistent or NodeKind.Container => session is null && ttlMilliseconds == 0,
            _ => false,
        };
        return isValid ? null : Outcome.Refused(ResultCode.InvalidOperation);
    }

    /// <summary>C's <c>%010d</c>: ten characters, the sign of an overflowed number included.</summary>
    public static string Sequence(int number) =>
        number.ToString(number < 0 ? "D9" : "D10", CultureInfo.InvariantCulture);

    /// <summary>
    /// The value as an array of its own. An array that is the value as a whole is taken over as it is: the caller that
    /// applies a command gives its values away.
    /// </summary>
    public static byte[] Own(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Array is { } array && array.Length == value.Length
            ? array
            : value.ToArray();
}
