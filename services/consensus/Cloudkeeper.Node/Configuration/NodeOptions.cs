using System.ComponentModel.DataAnnotations;

namespace Cloudkeeper.Node.Configuration;

/// <summary>The user's settings in section <c>Node</c>.</summary>
public sealed class NodeOptions
{
    public const string Section = "Node";

    /// <summary>
    /// The first members of a new cluster, the same on every one of them: <c>1=http://10.0.0.1:7000,2=http://…</c>. The one
    /// with the lowest id founds the cluster once all of them are up. Read only as long as the data directory belongs to no
    /// cluster; afterwards the log knows the members. Default none.
    /// </summary>
    public string Members { get; init; } = "";

    /// <summary>Which of <see cref="Members"/> this node is: 1 to 2,147,483,647. Any other node is given its id.</summary>
    [Range(0, int.MaxValue, ErrorMessage = "Node:Id must be a number from 1 up.")]
    public int Id { get; init; }

    /// <summary>
    /// Addresses of a running cluster, separated by commas; one that answers is enough. A node without a cluster joins it,
    /// and asks there when it does not know its cluster any more. Also <c>--join</c>. Default none: a node without first
    /// members either waits until it is invited.
    /// </summary>
    public string Join { get; init; } = "";

    /// <summary>
    /// Where the other nodes reach this one. Default: its own among <see cref="Members"/>, else the one address that it
    /// listens on, if that is one address that others can use.
    /// </summary>
    public string Address { get; init; } = "";

    /// <summary>
    /// The disk of the member at this address is lost: this node, with an empty directory, takes its place as a new member.
    /// Default false: such a node is refused, since it could as well be a mistake.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>
    /// Where log and snapshots are kept. Created when missing. Belongs to this node alone. Default <c>data</c> in the
    /// working directory.
    /// </summary>
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

    /// <summary>
    /// Change feeds that gateways follow here at a time; one more is refused with 429, and its gateway tries another node or
    /// later. Default 256. 1 to 10,000.
    /// </summary>
    [Range(1, 10_000, ErrorMessage = "Node:FeedStreamsMax must be 1 to 10,000.")]
    public int FeedStreamsMax { get; init; } = 256;

    /// <summary>Bytes of one preallocated log segment. Default 64 MiB. 64 KiB to 1 GiB.</summary>
    [Range(64 << 10, 1 << 30, ErrorMessage = "Node:SegmentBytes must be 64 KiB to 1 GiB.")]
    public int SegmentBytes { get; init; } = 64 << 20;
}
