using System.ComponentModel.DataAnnotations;

namespace Cloudkeeper.Node.Configuration;

/// <summary>What the user writes in section <c>Node</c>.</summary>
public sealed class NodeOptions
{
    public const string Section = "Node";

    /// <summary>This node's id among <see cref="Members"/>. 1 to 2,147,483,647; never given to another node again.</summary>
    [Range(1, int.MaxValue, ErrorMessage = "Node:Id must be a number from 1 up.")]
    public int Id { get; init; }

    /// <summary>
    /// The first members of a new cluster, the same on every one of them: <c>1=http://10.0.0.1:7000,2=http://…</c>.
    /// Read only when the data directory is empty; afterwards the log knows the members.
    /// </summary>
    [Required(ErrorMessage = "Node:Members must list the first members, e.g. 1=http://10.0.0.1:7000,2=http://10.0.0.2:7000.")]
    public string Members { get; init; } = "";

    /// <summary>Where log and snapshots are kept. Created when missing. Belongs to this node alone.</summary>
    [Required(ErrorMessage = "Node:DataDirectory must name the directory for log and snapshots.")]
    public string DataDirectory { get; init; } = "data";

    /// <summary>One tick of Raft's clock. Default 50 ms. 10 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10", ErrorMessage = "Node:TickInterval must be 10 ms to 10 s.")]
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A follower waits this many to twice as many ticks for its leader. Default 10 (0.5 to 1 s). 3 to 1,000.</summary>
    [Range(3, 1_000, ErrorMessage = "Node:ElectionTicks must be 3 to 1,000.")]
    public int ElectionTicks { get; init; } = 10;

    /// <summary>Log bytes after which a snapshot is taken. Default 64 MiB. 64 KiB to 64 GiB.</summary>
    [Range(64L << 10, 64L << 30, ErrorMessage = "Node:SnapshotLogBytes must be 64 KiB to 64 GiB.")]
    public long SnapshotLogBytes { get; init; } = 64L << 20;

    /// <summary>Log entries after which a snapshot is taken. Default 200,000. 100 to 100,000,000.</summary>
    [Range(100, 100_000_000, ErrorMessage = "Node:SnapshotLogEntries must be 100 to 100,000,000.")]
    public long SnapshotLogEntries { get; init; } = 200_000;

    /// <summary>Bytes of one preallocated log segment. Default 64 MiB. 64 KiB to 1 GiB.</summary>
    [Range(64 << 10, 1 << 30, ErrorMessage = "Node:SegmentBytes must be 64 KiB to 1 GiB.")]
    public int SegmentBytes { get; init; } = 64 << 20;
}
