using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Which node to ask first: the leader, as far as known, or where the change feed comes from.</summary>
/// <remarks>Only a hint: what a node answers decides.</remarks>
/// <param name="isLeader">Whoever leads anew is preferred as soon as the directory knows.</param>
internal sealed class PreferredNode(NodeDirectory directory, bool isLeader = false)
{
    private KnownLeader? _known;
    private volatile Uri _current = directory.Nodes[0];

    public Uri Current
    {
        get
        {
            if (isLeader && directory.Leader is { } leader && leader != Interlocked.Exchange(ref _known, leader))
            {
                _current = leader.Node;
            }

            return _current;
        }
    }

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
