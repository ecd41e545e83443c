namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Which node to ask first: the leader, as far as known, or where the change feed comes from.</summary>
/// <remarks>Only a hint: what a node answers decides.</remarks>
internal sealed class PreferredNode(IReadOnlyList<Uri> nodes)
{
    private volatile Uri _current = nodes[0];

    public Uri Current => _current;

    public void Prefer(Uri node) => _current = node;

    /// <summary>A node did not answer, or is the wrong one and knows no better: ask the next one.</summary>
    /// <param name="failed">Who was asked: when somebody else has already been found, they stay.</param>
    public void Leave(Uri failed)
    {
        if (_current == failed)
        {
            _current = NodeAfter(failed);
        }
    }

    private Uri NodeAfter(Uri node)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] == node)
            {
                return nodes[(i + 1) % nodes.Count];
            }
        }

        // A leader that is not among the configured nodes.
        return nodes[0];
    }
}
