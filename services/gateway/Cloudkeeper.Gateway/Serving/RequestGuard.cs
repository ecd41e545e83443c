using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Refuses, before any other step, requests that no route is to see.</summary>
internal sealed class RequestGuard(RequestDelegate next)
{
    private const int HeaderBytesMax = 32 << 10;
    private const int HeadersMax = 100;

    /// <summary>
    /// Bytes that the server reads ahead of us on one connection; they have to hold the headers. Bytes behind a request
    /// that waits would be in no budget.
    /// </summary>
    private const int ReadAheadBytes = 6 * HeaderBytesMax;

    /// <summary>Name, colon, space, and the end of the line.</summary>
    private const int HeaderOverheadBytes = 4;

    public Task InvokeAsync(HttpContext context)
    {
        if (HasTooLargeHeaders(context))
        {
            throw new ProblemException(ErrorKinds.HeadersTooLarge,
                $"At most {HeadersMax} headers, and {HeaderBytesMax} bytes of them and the request's target together.");
        }

        // Such a path means one thing to us and another to the next reader.
        return RequestTarget.HasEncodedDotSegment(context)
            ? throw new ProblemException(ErrorKinds.InvalidPath, "A segment '.' or '..' is not to be encoded.")
            : next(context);
    }

    /// <summary>
    /// The web server's own limits answer without a document, and over HTTP/2 by ending the connection, which the proxy's
    /// other clients share. So they come only far behind ours, and behind the proxy's, which are twice ours for the target
    /// and for the headers; over HTTP/2 these are one list, with 32 bytes more for each.
    /// </summary>
    public static void Relax(KestrelServerOptions server)
    {
        server.Limits.MaxRequestLineSize = 3 * HeaderBytesMax;
        server.Limits.MaxRequestHeadersTotalSize = 5 * HeaderBytesMax;
        server.Limits.MaxRequestHeaderCount = 3 * HeadersMax;
        server.Limits.Http2.MaxRequestHeaderFieldSize = 5 * HeaderBytesMax;
        server.Limits.MaxRequestBufferSize = ReadAheadBytes;
        server.Limits.Http2.InitialStreamWindowSize = ReadAheadBytes;
    }

    private static bool HasTooLargeHeaders(HttpContext context)
    {
        var headers = context.Request.Headers;
        var bytes = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length;
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
