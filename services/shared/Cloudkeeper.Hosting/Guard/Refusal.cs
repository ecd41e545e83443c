using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>Why a request is refused, as a problem document states it.</summary>
/// <param name="Code">Stable; part of the API.</param>
/// <param name="Detail">What to do.</param>
public sealed record Refusal(int Status, string Code, string Title, string Detail)
{
    public static Refusal MisdirectedHost { get; } = new(
        StatusCodes.Status421MisdirectedRequest, "misdirected-host", "Not a host of this process",
        "The Host header names neither this machine nor any host of the process's settings. If it is right, add it to "
        + "Hosting:AllowedHosts.");

    public static Refusal CrossOrigin { get; } = new(
        StatusCodes.Status403Forbidden, "cross-origin", "Not for pages of other origins",
        "A browser sent this for a page of another origin, or to run the answer. If that origin is to be trusted, add it to "
        + "Hosting:AllowedOrigins.");

    public static Refusal NotAPath { get; } = new(
        StatusCodes.Status400BadRequest, "invalid-path", "Not a path",
        "The request's target has to be a path that begins with a slash, not a whole address.");

    public static Refusal SeveralTypes { get; } = new(
        StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", "Unsupported media type",
        "A body has one Content-Type.");

    /// <summary>
    /// RFC 9112, 6.1. A forwarder of a body drops this header, and the coded bytes then look like plain ones.
    /// </summary>
    public static Refusal OtherCoding { get; } = new(
        StatusCodes.Status400BadRequest, "invalid-body", "Not a valid body",
        "Transfer-Encoding: send it chunked, without another coding.");

    public static Refusal NoTunnel { get; } = new(
        StatusCodes.Status405MethodNotAllowed, "method-not-allowed", "Method not allowed", "Nothing here is a tunnel.");
}
