using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.History;

/// <summary>A path and the revision that deleted it.</summary>
internal sealed record Tombstone(string Path, Revision Revision)
{
    public ulong ComputeHash()
    {
        var hash = new RecordHash(RecordKind.Tombstone);
        hash.Add(Path);
        hash.Add(Revision.Value);
        return hash.Value;
    }
}

internal readonly struct TombstoneOrder : IBlockOrder<ReadOnlySpan<char>, Tombstone>
{
    public static int Compare(ReadOnlySpan<char> key, Tombstone item) => key.SequenceCompareTo(item.Path.AsSpan());

    public static ReadOnlySpan<char> KeyOf(Tombstone item) => item.Path;
}
