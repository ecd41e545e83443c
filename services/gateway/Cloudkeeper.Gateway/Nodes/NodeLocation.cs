using System.Buffers;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>The address of a node, each segment percent-encoded.</summary>
internal static class NodeLocation
{
    public const string Prefix = "/v1/nodes";

    /// <summary>RFC 3986's unreserved characters and the slash, which need no encoding anywhere.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("/-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static string Of(string path) => path.AsSpan().ContainsAnyExcept(Plain)
        ? Prefix + string.Join('/', path.Split('/').Select(Uri.EscapeDataString))
        : Prefix + path;
}
