using System.Text;
using Cloudkeeper.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// One set of HTTP/2 connections for the life of the process, while gateways come and go: connections are kept by
/// address. Many, since thousands of watches may be open on a gateway.
/// </summary>
/// <remarks>
/// Over HTTP/2 the handler repeats a request by itself only where the gateway has signalled that it did not process it
/// (GOAWAY below the stream, REFUSED_STREAM). Over HTTP/1.1 it would also repeat one whose connection was closed before
/// an answer, which may have been executed (dotnet/runtime#86714).
/// </remarks>
internal sealed class UpstreamClientFactory : IForwarderHttpClientFactory, IDisposable
{
    /// <summary>Bytes that are read ahead of a slow client, besides those that are just being copied.</summary>
    public const int StreamWindowBytes = 128 << 10;

    private readonly HttpMessageInvoker _client = new(CreateHandler());

    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context) => _client;

    public void Dispose() => _client.Dispose();

    private static SocketsHttpHandler CreateHandler()
    {
        var handler = Http2Client.CreateHandler(multipleConnections: true);
        handler.InitialHttp2StreamWindowSize = StreamWindowBytes;

        // As the web servers here and there read them; by itself the client takes nothing but ASCII for a header.
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8;
        return handler;
    }
}
