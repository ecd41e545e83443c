namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>
/// The key of all clusters under test, so that none of them makes one in the home of the user that runs the tests.
/// </summary>
internal static class TestClusterKey
{
    /// <summary>Where a process looks for it in its environment.</summary>
    public const string Variable = "Hosting__ClusterKey";

    public const string Base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    /// <summary>The header that the routes of nodes want.</summary>
    public const string Authorization = "Cloudkeeper " + Base64;
}
