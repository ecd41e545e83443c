namespace Cloudkeeper.Hosting.Security;

/// <summary>Metadata of endpoints that need no cluster key.</summary>
internal sealed class OpenRoute
{
    public static readonly OpenRoute Instance = new();
}
