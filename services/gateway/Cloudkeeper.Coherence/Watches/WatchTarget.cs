using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>A path, and which nodes around it are watched.</summary>
public readonly record struct WatchTarget(string Path, WatchScope Scope)
{
    public bool Matches(string path) => Scope switch
    {
        WatchScope.Node => path == Path,
        WatchScope.Children => path.Length > 1 && NodePath.ParentOf(path) == Path,
        _ => NodePath.IsSameOrBelow(path, Path),
    };
}

public enum WatchScope
{
    /// <summary>The node.</summary>
    Node,

    /// <summary>Its direct children, not itself.</summary>
    Children,

    /// <summary>Itself and all below.</summary>
    Subtree,
}
