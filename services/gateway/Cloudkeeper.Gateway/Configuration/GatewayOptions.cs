using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Gateway.Configuration;

/// <summary>Section <c>Gateway</c>. Checked at the start, all errors at once (<see cref="GatewayOptionsValidator"/>).</summary>
internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Base addresses of the consensus nodes, as a list or separated by commas. At least one.</summary>
    public IList<string> Nodes { get; init; } = [];

    /// <summary>Name under which this gateway registers; default: host and port of its address. One path segment.</summary>
    public string Instance { get; set; } = "";

    /// <summary>
    /// Base address under which the proxy reaches this gateway; default: the one that it listens on, where that is an
    /// address for others. To be given when it listens on all interfaces, or at several addresses.
    /// </summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>Whether the gateway registers itself in the tree, so that the proxy finds it. Default true.</summary>
    public bool Register { get; init; } = true;

    /// <summary>How long a request may take before its client gets an answer. Default 10 s. 100 ms to 5 minutes.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one call to a node may take before it is repeated elsewhere: the cost of a frozen leader. Default 2 s.
    /// 10 ms to 1 minute.
    /// </summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>FIFO streams of commands, each with one batch under way. Default 2. 1 to 64.</summary>
    public int Lanes { get; init; } = 2;

    /// <summary>Batches of reads under way at a time. Default 2. 1 to 64.</summary>
    public int ReadBatches { get; init; } = 2;

    /// <summary>
    /// How long linearizable reads of nodes that are kept here may wait for others, to share one question to the leader.
    /// A lone reader does not wait. Default 8 ms. 0 (never) to 1 s.
    /// </summary>
    public TimeSpan ReadGatherMax { get; init; } = TimeSpan.FromMilliseconds(8);

    /// <summary>Requests that may wait in one queue (a lane, the reads) before new ones are refused. Default 10,000.</summary>
    public int WaitingItemsMax { get; init; } = 10_000;

    /// <summary>Bytes that may wait in one queue. Default 64 MiB. At least 8 MiB.</summary>
    public long WaitingBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Requests that wait for a change of a node or for a ticket (<c>wait=</c>) at a time. More are refused with 503. Default
    /// 100,000. 1 to 10,000,000.
    /// </summary>
    public int WaitsMax { get; init; } = 100_000;

    /// <summary>Watch streams at a time. Default 200,000.</summary>
    public int WatchesMax { get; init; } = 200_000;

    /// <summary>Watch streams at a time that name the same session. Default 1,000.</summary>
    public int WatchesPerSessionMax { get; init; } = 1_000;

    /// <summary>Events that may wait for one slow watcher before it gets a gap. Default 10,000.</summary>
    public int WatchEventsMax { get; init; } = 10_000;

    /// <summary>Bytes that may wait for one slow watcher before it gets a gap. Default 1 MiB.</summary>
    public long WatchBytesMax { get; init; } = 1 << 20;

    /// <summary>Transactions kept in memory for watchers that come back. Default 10,000.</summary>
    public int RecentChangesMax { get; init; } = 10_000;

    /// <summary>Bytes of these. Default 32 MiB.</summary>
    public long RecentBytesMax { get; init; } = 32L << 20;

    /// <summary>Bytes of the nodes that this gateway answers from memory. Default 64 MiB. 0 (none) to 64 GiB.</summary>
    public long CacheBytes { get; init; } = 64L << 20;

    /// <summary>
    /// A watch sends its progress at least this often. Default 9 s; 10 ms to 10 s, which clients may rely on. Nearly
    /// the whole cost of a silent watch.
    /// </summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(9);

    /// <summary>TTL of the session under which the gateway registers. Default 10 s. 1 s to 1 h.</summary>
    public TimeSpan RegistrationTtl { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Connection string of StackExchange.Redis, such as <c>redis:6379</c>: gateways share there the nodes that they
    /// have read, and one passes the change feed on to the others. Default empty: each by itself. A password in it is
    /// never logged; it is not for command lines, which others can read, but for the environment.
    /// </summary>
    public Secret Redis { get; init; } = Secret.None;

    /// <summary>Base addresses, from <see cref="Nodes"/>.</summary>
    public IReadOnlyList<Uri> NodeAddresses =>
        [.. Nodes.Select(ReachableAddress.Parse).OfType<string>().Select(node => new Uri(node))];
}
