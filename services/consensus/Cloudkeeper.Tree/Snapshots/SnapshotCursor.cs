#pragma warning disable CA1822 // An instance once it has content.
using System.Buffers;

namespace Cloudkeeper.Tree;

/// <summary>A snapshot under way.</summary>
public sealed class SnapshotCursor
{
    /// <summary>Writes the next block; false: it was the last one.</summary>
    public bool WriteNext(IBufferWriter<byte> block, int byteBudget)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(byteBudget);
        return false;
    }
}
