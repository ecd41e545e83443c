using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Hosting;

/// <summary>
/// One cleartext port for HTTP/1.1 (curl, Prometheus, browsers) and HTTP/2 with prior knowledge (the services among
/// themselves).
/// </summary>
/// <remarks>
/// Without TLS, Kestrel takes every connection of a port that allows both for HTTP/1.1, since there is no ALPN. Here
/// the connection's first bytes decide: if they are the HTTP/2 preface, the connection gets the features by which
/// Kestrel recognises a TLS connection that has negotiated <c>h2</c>. It then expects the scheme https, and takes the
/// client's <c>http</c> only because alternate schemes are allowed; to the application the requests are plain http.
/// The cost is a read per connection, none per request.
/// </remarks>
public static class OnePort
{
    public static ListenOptions UseHttp1AndHttp2(this ListenOptions listen, KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AllowAlternateSchemes = true;
        listen.Use(next => connection => ServeAsync(connection, next, kestrel.Limits));
        return listen;
    }

    private static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, KestrelServerLimits limits)
    {
        if (await IsHttp2Async(connection, limits) is not { } isHttp2)
        {
            return;
        }

        if (isHttp2)
        {
            connection.Features.Set<ITlsConnectionFeature>(NegotiatedHttp2.Instance);
            connection.Features.Set<ITlsApplicationProtocolFeature>(NegotiatedHttp2.Instance);
        }

        await next(connection);
    }

    /// <returns>Null when the connection has ended, or has to: nothing came in time, or the server is stopping.</returns>
    private static async ValueTask<bool?> IsHttp2Async(ConnectionContext connection, KestrelServerLimits limits)
    {
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping ?? CancellationToken.None);

        // A client that connects has something to send. Silence costs it nothing, and takes a connection from others.
        deadline.CancelAfter(limits.RequestHeadersTimeout);
        try
        {
            return await Http2Preface.PeekAsync(connection.Transport.Input, deadline, limits.RequestHeadersTimeout);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (IOException)
        {
            // Reset by the client before it had sent anything: nothing is under way, and no peer is left to answer.
            return null;
        }
    }

    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public static readonly NegotiatedHttp2 Instance = new();

        private static readonly ReadOnlyMemory<byte> H2 = "h2"u8.ToArray();

        public ReadOnlyMemory<byte> ApplicationProtocol => H2;

        /// <summary>There is no TLS, so there are no certificates.</summary>
        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => throw new NotSupportedException("A cleartext connection has no certificate.");
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
