using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Which node to ask first: the leader, as far as known, or where the change feed comes from.</summary>
/// <remarks>Only a hint: what a node answers decides.</remarks>
internal sealed class PreferredNode(NodeDirectory directory)
{
    private volatile Uri _current = directory.Nodes[0];

    public Uri Current => _current;

    public void Prefer(Uri node)
    {
        _current = node;
        if (!directory.Nodes.Contains(node))
        {
            directory.Doubt();
        }
    }

    /// <summary>A node did not answer, or is the wrong one and knows no better: ask the next one.</summary>
    /// <param name="failed">Who was asked: when somebody else has already been found, they stay.</param>
    public void Leave(Uri failed)
    {
        directory.Doubt();
        if (_current == failed)
        {
            _current = NodeAfter(failed);
        }
    }

    private Uri NodeAfter(Uri node)
    {
        var nodes = directory.Nodes;
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] == node)
            {
                return nodes[(i + 1) % nodes.Count];
            }
        }

        // One that is not known yet, or that has left the cluster.
        return nodes[0];
    }
}
