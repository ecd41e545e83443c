using System.Net.Mime;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Logging;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary><c>GET /v1/cluster/snapshot</c>: passes a node's backup through as it comes.</summary>
internal sealed partial class BackupHandler(IClusterNodes cluster, ILogger<BackupHandler> logger)
{
    public async Task SendAsync(HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            // How long one would be is only known when it is made.
            context.Response.ContentType = MediaTypeNames.Application.Octet;
            return;
        }

        using var backup = await cluster.OpenBackupAsync(context.RequestAborted);
        var response = context.Response;
        response.ContentType = backup.Content.Headers.ContentType?.ToString();
        response.ContentLength = backup.Content.Headers.ContentLength;
        response.Headers.ContentDisposition = backup.Content.Headers.ContentDisposition?.ToString();
        if (backup.Headers.TryGetValues(ResponseHeaders.Revision, out var revision))
        {
            response.Headers[ResponseHeaders.Revision] = revision.First();
        }

        try
        {
            await backup.Content.CopyToAsync(response.Body, context.RequestAborted);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Too late for a problem document: a connection that breaks off is no whole backup to any client.
            LogBrokenOff(logger, PlainText.Cut(e.Message));
            context.Abort();
        }
    }

    [LoggerMessage(LogLevel.Warning, "A backup broke off: {Reason}")]
    private static partial void LogBrokenOff(ILogger logger, string reason);
}
