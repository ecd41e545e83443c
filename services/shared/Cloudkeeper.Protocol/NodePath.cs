using System.Text;

namespace Cloudkeeper.Protocol;

/// <summary>The rules for paths of the tree: ZooKeeper's (PathUtils.validatePath).</summary>
/// <remarks>
/// ZooKeeper refuses surrogates, so every path consists of BMP characters and the ordinal order of .NET strings is the
/// order of their UTF-8 bytes.
/// </remarks>
public static class NodePath
{
    public const string Root = "/";

    /// <summary>Describes what is wrong with a path; null when it is valid.</summary>
    public static string? Check(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path[0] != '/')
        {
            return "A path begins with '/'.";
        }

        if (path.Length == 1)
        {
            return null;
        }

        if (path[^1] == '/')
        {
            return "A path does not end with '/'.";
        }

        if (path.Length > Limits.PathBytesMax || Encoding.UTF8.GetByteCount(path) > Limits.PathBytesMax)
        {
            return $"A path has at most {Limits.PathBytesMax} bytes.";
        }

        return CheckSegments(path);
    }

    /// <summary>Everything before the last '/'; the root for its children. The root has no parent.</summary>
    public static string ParentOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var slash = path.LastIndexOf('/');
        return slash <= 0 ? Root : path[..slash];
    }

    public static string NameOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path[(path.LastIndexOf('/') + 1)..];
    }

    public static string Join(string parent, string name)
    {
        ArgumentNullException.ThrowIfNull(parent);
        return parent.Length == 1 ? "/" + name : parent + "/" + name;
    }

    /// <summary>True when <paramref name="path"/> is <paramref name="ancestor"/> or below it.</summary>
    public static bool IsSameOrBelow(string path, string ancestor)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(ancestor);
        return ancestor.Length == 1
            || (path.StartsWith(ancestor, StringComparison.Ordinal)
                && (path.Length == ancestor.Length || path[ancestor.Length] == '/'));
    }

    private static string? CheckSegments(string path)
    {
        var start = 1;
        for (var i = 1; i <= path.Length; i++)
        {
            if (i < path.Length && path[i] != '/')
            {
                if (IsRefused(path[i]))
                {
                    return $"The character U+{(int)path[i]:X4} is not allowed in a path.";
                }

                continue;
            }

            switch (path.AsSpan(start, i - start))
            {
                case "":
                    return "A path has no empty segments.";
                case "." or "..":
                    return "A path has no '.' and '..' segments.";
                default:
                    start = i + 1;
                    break;
            }
        }

        return null;
    }

    // U+D800-F8FF are the surrogates and the private use area, U+FFF0-FFFF the specials, all refused by ZooKeeper.
    private static bool IsRefused(char c) =>
        c is <= '\u001f' or (>= '\u007f' and <= '\u009f') or (>= '\ud800' and <= '\uf8ff') or >= '\ufff0';
}
