using Cloudkeeper.Hosting;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// How large a body each route takes, in bytes. A larger one is refused with 413 before memory is spent on it. Streams
/// between members bound their messages instead: <see cref="Peers.PeerEndpoints"/>.
/// </summary>
internal static class BodyLimits
{
    /// <summary>A batch of commands or reads.</summary>
    public const int Batch = Limits.NodeBodyBytesMax;

    /// <summary>A count and the ids of as many sessions as one batch has.</summary>
    public const int Keepalives = (Limits.BatchItemsMax * sizeof(long)) + 1024;

    /// <summary>An address and some numbers.</summary>
    public const int Announcement = 4 << 10;

    /// <summary>The addresses of all voters.</summary>
    public const int Invitation = 64 << 10;

    /// <summary>For routes that have no body, or need none.</summary>
    public const int None = 1 << 10;

    public static T WithBodyLimit<T>(this T route, int bytes)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Limit(bytes));

    private sealed class Limit(int bytes) : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => bytes;
    }

    /// <summary>
    /// The web server's limit must not be less than a gateway's batch: every client with a command in a batch that is
    /// refused for its size would have to wait for a second one.
    /// </summary>
    public sealed class ServerValidation : IValidateOptions<HostingOptions>
    {
        public ValidateOptionsResult Validate(string? name, HostingOptions options) =>
            options.MaxRequestBodyBytes >= Batch
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    $"Hosting:MaxRequestBodyBytes is {options.MaxRequestBodyBytes}; of a node it must be at least {Batch}, "
                    + "which is what gateways send at once.");
    }
}
