namespace Cloudkeeper.Tree.Nodes;

/// <summary>Keeps one string per content type in use instead of one per node. Bounded: a client may invent types.</summary>
internal sealed class ContentTypes
{
    private const int CountMax = 256;

    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    public string Intern(string contentType)
    {
        if (_known.TryGetValue(contentType, out var known))
        {
            return known;
        }

        if (_known.Count < CountMax)
        {
            _known.Add(contentType, contentType);
        }

        return contentType;
    }
}
