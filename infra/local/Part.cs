namespace Cloudkeeper.Local;

/// <summary>One process of the cluster, as it is to be started.</summary>
/// <param name="Name">For logs, messages and commands, for instance <c>node1</c>.</param>
/// <param name="Project">The project that it is built from.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Arguments">Its settings.</param>
internal sealed record Part(string Name, string Project, Uri Address, IReadOnlyList<string> Arguments)
{
    public string Url => Topology.Text(Address);

    public bool IsNode => Project == Topology.NodeProject;
}
