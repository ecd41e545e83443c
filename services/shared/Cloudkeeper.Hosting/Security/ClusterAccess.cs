using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Cloudkeeper.Hosting.Security;

/// <summary>How this process shows that it belongs to its cluster, and recognises the others that do.</summary>
public sealed class ClusterAccess
{
    /// <summary>Shows no key, and accepts every caller.</summary>
    public static readonly ClusterAccess Open = new();

    private readonly string? _authorization;

    private ClusterAccess()
    {
    }

    /// <param name="key">The key that is shown, and expected.</param>
    public ClusterAccess(ClusterKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Key = key;
        _authorization = key.Authorization;
    }

    /// <summary>Null: this cluster has none.</summary>
    public ClusterKey? Key { get; }

    /// <summary>Whether calls without a key are refused. A wrong key is refused in any case.</summary>
    public bool IsRequired { get; init; } = true;

    /// <summary>The key's source, when no setting names one.</summary>
    public string? UserFile { get; init; }

    /// <summary>Whether a call may be served, by its header.</summary>
    public bool Admits(StringValues authorization) => Key switch
    {
        null => true,
        _ when StringValues.IsNullOrEmpty(authorization) => !IsRequired,
        var key => authorization.Count == 1 && key.IsShownBy(authorization[0]),
    };

    /// <summary>Shows the key with each request that goes through the handler.</summary>
    public HttpMessageHandler Sign(HttpMessageHandler handler) =>
        _authorization is null ? handler : new ClusterKeyHandler(this, handler);

    /// <summary>
    /// Shows the key with this request. A key that no setting names is the user's own, and stays on this machine.
    /// </summary>
    internal void Sign(HttpRequestMessage request)
    {
        if (UserFile is null || request.RequestUri!.IsLoopback)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.Authorization, _authorization);
        }
    }
}
