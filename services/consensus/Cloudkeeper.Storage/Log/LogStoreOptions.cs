namespace Cloudkeeper.Storage;

/// <summary>Settings of <see cref="RaftLogStore"/>.</summary>
public sealed record LogStoreOptions
{
    /// <summary>The cluster the log belongs to: a segment of another one is refused.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>
    /// Whether to begin a new log when there is none. True only before the node's identity is stored: a member that
    /// has lost its log has lost its vote too, and must not come back under its old identity.
    /// </summary>
    public bool MayCreate { get; init; }

    /// <summary>Size of a segment file, in bytes; a larger write gets a segment of its own. At least 4 KiB.</summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>
    /// How far ahead of the log's end the file is overwritten with zeros, in bytes; 0 switches it off. Blocks that
    /// are only reserved must be converted at their first use, which makes each small sync nearly twice as slow.
    /// </summary>
    public int ZeroAheadBytes { get; init; } = 512 << 10;

    internal static void Validate(LogStoreOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, 4 << 10, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.ZeroAheadBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfEqual(options.ClusterId, Guid.Empty, nameof(options));
    }
}
