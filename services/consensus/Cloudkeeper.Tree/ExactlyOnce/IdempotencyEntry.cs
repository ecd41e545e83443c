using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.ExactlyOnce;

/// <summary>The result for an idempotency key.</summary>
/// <param name="DecidedAt">By the retention clock.</param>
internal sealed record IdempotencyEntry(string Key, UInt128 Fingerprint, long DecidedAt, CommandResult Result)
{
    public ulong ComputeHash()
    {
        var hash = new RecordHash(RecordKind.IdempotencyKey);
        hash.Add(Key);
        hash.Add((ulong)(Fingerprint >> 64));
        hash.Add((ulong)Fingerprint);
        hash.Add(DecidedAt);
        hash.Add((ulong)Result.Code);
        hash.Add(Result.Revision.Value);
        return hash.Value;
    }
}

internal readonly struct IdempotencyOrder : IBlockOrder<ReadOnlySpan<char>, IdempotencyEntry>
{
    public static int Compare(ReadOnlySpan<char> key, IdempotencyEntry item) => key.SequenceCompareTo(item.Key.AsSpan());

    public static ReadOnlySpan<char> KeyOf(IdempotencyEntry item) => item.Key;
}
