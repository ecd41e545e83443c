namespace Cloudkeeper.Tree.Nodes;

/// <summary>Goes over the names in a valid path without allocating.</summary>
internal ref struct PathSegments(ReadOnlySpan<char> path)
{
    private ReadOnlySpan<char> _rest = path[1..];

    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>How many come behind the current one.</summary>
    public readonly int CountRest() => _rest.IsEmpty ? 0 : 1 + _rest.Count('/');

    public readonly PathSegments GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var slash = _rest.IndexOf('/');
        Current = slash < 0 ? _rest : _rest[..slash];
        _rest = slash < 0 ? [] : _rest[(slash + 1)..];
        return true;
    }
}
