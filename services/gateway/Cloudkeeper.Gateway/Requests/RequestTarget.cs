using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// The path of the tree from the request line as it came: after the web server's own decoding an encoded slash or dot
/// segment looks like a plain one.
/// </summary>
internal static class RequestTarget
{
    /// <summary>The path behind the first two segments, for instance <c>/v1/nodes</c>, as a path of the tree.</summary>
    /// <exception cref="ProblemException"><c>invalid-path</c>.</exception>
    public static string TreePath(HttpContext context)
    {
        var encoded = EncodedPath(context);
        if (HasDotSegment(encoded))
        {
            encoded = RemoveDotSegments(encoded);
        }

        return TreePath(BehindPrefix(encoded));
    }

    /// <param name="encoded">From the slash behind the prefix on; empty or a single slash is the root.</param>
    public static string TreePath(ReadOnlySpan<char> encoded)
    {
        if (encoded is "" or "/")
        {
            return NodePath.Root;
        }

        var path = PercentDecoding.DecodePath(encoded);
        return NodePath.Check(path) is { } fault ? throw new ProblemException(ErrorKinds.InvalidPath, fault) : path;
    }

    /// <summary>Whether a segment becomes '.' or '..' only by decoding: such a path means different things to different readers.</summary>
    public static bool HasEncodedDotSegment(HttpContext context)
    {
        var path = EncodedPath(context).AsSpan();
        if (!path.Contains('%'))
        {
            return false;
        }

        foreach (var segment in path.Split('/'))
        {
            if (IsEncodedDots(path[segment]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The request line's path without the query. Whole addresses do not come this far.</summary>
    private static string EncodedPath(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (string.IsNullOrEmpty(target))
        {
            // Without a web server there is no request line.
            return context.Request.Path.ToUriComponent();
        }

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private static ReadOnlySpan<char> BehindPrefix(ReadOnlySpan<char> path)
    {
        for (var segments = 0; segments < 2; segments++)
        {
            var slash = path[1..].IndexOf('/');
            if (slash < 0)
            {
                return [];
            }

            path = path[(slash + 1)..];
        }

        return path;
    }

    private static bool HasDotSegment(string path) => path.Contains("/.", StringComparison.Ordinal);

    /// <summary>RFC 3986, 5.2.4, for a path that begins with a slash.</summary>
    private static string RemoveDotSegments(string path)
    {
        var kept = new List<string>();
        var segments = path[1..].Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var isDots = segments[i] is "." or "..";
            if (segments[i] is ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            if (!isDots)
            {
                kept.Add(segments[i]);
            }
            else if (i == segments.Length - 1)
            {
                kept.Add("");
            }
        }

        return "/" + string.Join('/', kept);
    }

    private static bool IsEncodedDots(ReadOnlySpan<char> segment)
    {
        if (!segment.Contains('%'))
        {
            return false;
        }

        var dots = 0;
        while (segment.Length > 0)
        {
            var width = segment[0] == '.' ? 1 : segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
            if (width == 0)
            {
                return false;
            }

            dots++;
            segment = segment[width..];
        }

        return dots is 1 or 2;
    }
}
