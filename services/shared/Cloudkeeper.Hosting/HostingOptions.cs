using System.ComponentModel.DataAnnotations;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Hosting;

/// <summary>The common settings of every Cloudkeeper process. Section <c>Hosting</c>.</summary>
public sealed class HostingOptions
{
    public const string Section = "Hosting";

    /// <summary>
    /// How long a stopping process keeps serving with <c>/readyz</c> at 503, so that load balancers and proxies notice
    /// before the port closes. Default none. 0 to 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainTime { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// How long requests under way may go on once the port is closed, before they are cut off. Default 10 s.
    /// 100 ms to 10 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Stop when standard input ends, and not on Ctrl-C. The local cluster starts its processes with a pipe there, so
    /// that none of them outlives it, however it ends. Default false.
    /// </summary>
    public bool ExitWithParent { get; init; }

    /// <summary>
    /// Largest request body in bytes. Default 5 MiB (a transaction may have 4 MiB); of a node a gateway's batch, a
    /// little more than 8 MiB, which is also the least. 1 KiB to 1 GiB.
    /// </summary>
    [Range(1024, 1L << 30)]
    public long MaxRequestBodyBytes { get; init; } = 5 << 20;

    /// <summary>
    /// Connections that a process accepts at a time; more are closed at once. Default 20,000. 10 to 1,000,000. Each needs a
    /// file descriptor: three quarters of <c>ulimit -n</c>, or all but 1,024 of them, are for clients and for what the process
    /// has open at its start (some 250); connections beyond that are closed at once as well.
    /// </summary>
    [Range(10, 1_000_000)]
    public long MaxConnections { get; init; } = 20_000;

    /// <summary>
    /// Connections from one address at a time, of IPv6 from one network of 64 bits; more are closed at once. Default: half of
    /// <see cref="MaxConnections"/>, so that the others are not locked out, and no limit for this machine's own. Behind a proxy
    /// or balancer all clients may have its address. Where clients come directly, 200 is plenty for one of them. 0: no limit.
    /// 0 to 1,000,000.
    /// </summary>
    [Range(0, 1_000_000)]
    public int? MaxConnectionsPerAddress { get; init; }

    /// <summary>
    /// Names and addresses, separated by commas and without ports, under which this process is reached besides loopback's
    /// and those that its other settings name: <c>cloudkeeper.example.org</c>, <c>*.example.org</c>. Requests with another
    /// <c>Host</c> are refused, since a web page can make its own name point here. Default none.
    /// </summary>
    public string AllowedHosts { get; init; } = "";

    /// <summary>
    /// Origins of web pages, separated by commas, that may use the API from browsers: <c>https://console.example.org</c>.
    /// Pages of the same origin always may. Default none. Nodes refuse all pages.
    /// </summary>
    public string AllowedOrigins { get; init; } = "";

    /// <summary>Requests and streams at a time on one HTTP/2 connection. Default 1,000. 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerConnection { get; init; } = 1_000;

    /// <summary>
    /// Bytes that bodies, answers, snapshots and initial states in flight may take together; one of these uses takes
    /// three fifths of it at most. Requests beyond it are refused with 429 or 503. Default 0: a quarter of the memory
    /// that the collector may use, and of it at most 256 MiB for initial states. Otherwise 32 MiB to 1 TiB.
    /// </summary>
    public long InFlightBytesMax { get; init; }

    /// <summary>
    /// The secret that calls between the processes of a cluster have to show: the base64 of 32 random bytes (<c>openssl
    /// rand -base64 32</c>), the same for all its nodes, gateways and proxies. <c>none</c>: any client that reaches a
    /// node may do everything. Not for command lines, which other users can read: for the environment. Default: the
    /// content of <see cref="ClusterKeyFile"/>.
    /// </summary>
    public Secret ClusterKey { get; init; } = Secret.None;

    /// <summary>
    /// A file with the cluster key, readable for its user only. Default: a process that listens on loopback alone uses the key
    /// of its user, <c>cloudkeeper/cluster.key</c> in <c>$XDG_CONFIG_HOME</c> or <c>~/.config</c>, made on first use; every
    /// other one has to be given a key.
    /// </summary>
    public string ClusterKeyFile { get; init; } = "";

    /// <summary>
    /// Whether a node refuses calls without the cluster key. Default true. False only while the processes of a cluster that
    /// had no key are changed one by one: they send it already, and the others are served as well.
    /// </summary>
    public bool ClusterKeyRequired { get; init; } = true;

    internal IReadOnlyList<string> AllowedHostNames => Split(AllowedHosts);

    internal IReadOnlyList<string> AllowedOriginNames => Split(AllowedOrigins);

    private static string[] Split(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
