using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Hosting;

/// <summary>Clients for the calls between the services: HTTP/2 with prior knowledge, and nothing that is not needed.</summary>
public static class Http2Client
{
    /// <summary>
    /// The host that requests between the services name. Every process accepts it, whereas it need not know each name
    /// under which the others reach it: those of services, aliases, balancers. No other client has a reason to name it.
    /// </summary>
    public const string Authority = "cloudkeeper.localhost";

    /// <summary>Enough for a gigabyte a second within a data centre, and ten megabytes across a continent.</summary>
    private const int StreamWindowBytes = 1 << 20;

    /// <summary>
    /// A client without a time limit of its own: each call brings a token. Dispose it with its owner.
    /// </summary>
    /// <param name="baseAddress">The base of relative addresses.</param>
    /// <param name="multipleConnections">See <see cref="CreateHandler"/>.</param>
    /// <param name="answerBytesMax">
    /// An answer that is awaited as a whole is given up when it is longer: the server may be any process. Streams, and
    /// answers of which only the head is awaited, are bounded by their readers.
    /// </param>
    /// <param name="cluster">
    /// For calls of nodes: shows the cluster key. Null: any server may be called, and is shown no key.
    /// </param>
    public static HttpClient Create(
        Uri? baseAddress = null, bool multipleConnections = false, long answerBytesMax = BoundedAnswer.JsonBytesMax,
        ClusterAccess? cluster = null) =>
        new((cluster ?? ClusterAccess.Open).Sign(CreateHandler(multipleConnections)), disposeHandler: true)
        {
            BaseAddress = baseAddress,
            DefaultRequestHeaders = { Host = Authority },
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = answerBytesMax,
        };

    /// <summary>The connections alone, for an <see cref="HttpMessageInvoker"/> or the proxy's forwarder.</summary>
    /// <param name="multipleConnections">
    /// Open another connection to a server when all streams of the first are in use. Off, requests wait instead: right
    /// between the services, which batch.
    /// </param>
    public static SocketsHttpHandler CreateHandler(bool multipleConnections = false) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = multipleConnections,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        ConnectCallback = ConnectAsync,

        // This much of one answer waits for its reader here, and the server then stops sending: the client does not
        // enlarge the window by itself (Directory.Build.props). What it reads ahead for all streams of a connection
        // holds up none of them.
        InitialHttp2StreamWindowSize = StreamWindowBytes,

        // A peer that is frozen or cut off keeps its connection open: pings find out, in 4 s at the latest.
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        KeepAlivePingDelay = TimeSpan.FromSeconds(2),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(2),

        // No Activity for each call, and no headers about it.
        ActivityHeadersPropagator = null,
    };

    /// <summary>As the handler does it, except that the last descriptors are not for connections.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (!Descriptors.OfProcess.MayDial(socket))
            {
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            }

            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
