namespace Cloudkeeper.Hosting.Security;

/// <summary>Shows the cluster key with each request.</summary>
internal sealed class ClusterKeyHandler(ClusterAccess access, HttpMessageHandler next) : DelegatingHandler(next)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        access.Sign(request);
        return base.SendAsync(request, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        access.Sign(request);
        return base.Send(request, cancellationToken);
    }
}
