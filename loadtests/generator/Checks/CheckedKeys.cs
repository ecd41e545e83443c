using System.Globalization;

namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>The nodes that are written, read and watched, with what all clients know of them.</summary>
internal sealed class CheckedKeys
{
    public const string Parent = "/consistency";

    private readonly KeyHistory[] _keys;

    public CheckedKeys(int count, Violations violations)
    {
        Violations = violations;
        _keys = [.. Enumerable.Range(0, count).Select(i => new KeyHistory(PathOf(i), violations))];
    }

    public Violations Violations { get; }

    /// <summary>Of the whole tree.</summary>
    public RevisionFloor Tree { get; } = new();

    public int Count => _keys.Length;

    public KeyHistory this[int key] => _keys[key];

    public static string PathOf(int key) => string.Create(CultureInfo.InvariantCulture, $"{Parent}/key-{key:d6}");

    /// <param name="floor">Of the tree when the request was sent.</param>
    public void Answered(long revision, long floor)
    {
        if (revision < floor)
        {
            Violations.Add($"An answer was judged at revision {revision}, although {floor} was known before the request was sent.");
        }

        Tree.Raise(revision);
    }
}
