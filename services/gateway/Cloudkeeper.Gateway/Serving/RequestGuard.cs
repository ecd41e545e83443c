using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Refuses, before anything else looks at it, what no route is to see.</summary>
internal sealed class RequestGuard(RequestDelegate next)
{
    private const int HeaderBytesMax = 32 << 10;
    private const int HeadersMax = 100;

    /// <summary>Name, colon, space, and the end of the line.</summary>
    private const int HeaderOverheadBytes = 4;

    public Task InvokeAsync(HttpContext context)
    {
        if (HasTooLargeHeaders(context.Request.Headers))
        {
            throw new ProblemException(
                ErrorKinds.HeadersTooLarge, $"At most {HeadersMax} headers of {HeaderBytesMax} bytes in all.");
        }

        // Such a path means one thing to us and another to the next reader.
        return RequestTarget.HasEncodedDotSegment(context)
            ? throw new ProblemException(ErrorKinds.InvalidPath, "A segment '.' or '..' is not to be encoded.")
            : next(context);
    }

    /// <summary>The web server's own limit answers without a document: it comes only far behind ours.</summary>
    public static void Relax(KestrelServerOptions server)
    {
        server.Limits.MaxRequestHeadersTotalSize = 2 * HeaderBytesMax;
        server.Limits.MaxRequestHeaderCount = 2 * HeadersMax;
    }

    private static bool HasTooLargeHeaders(IHeaderDictionary headers)
    {
        var bytes = 0;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0) + HeaderOverheadBytes;
            }
        }

        return headers.Count > HeadersMax || bytes > HeaderBytesMax;
    }
}
