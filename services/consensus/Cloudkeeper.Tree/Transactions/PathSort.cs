namespace Cloudkeeper.Tree.Transactions;

/// <summary>Sorts by paths, ordinally. Not stable.</summary>
/// <remarks>
/// Paths that change together begin alike, so comparing them as strings goes through the same characters again and again.
/// They are compared by the four characters behind their common beginning, as numbers, and only those that are still
/// equal are looked at once more.
/// </remarks>
internal static class PathSort
{
    /// <summary>So few are compared faster than they are taken apart.</summary>
    private const int FewMax = 32;

    /// <summary>Paths that share and share again with ever fewer others are compared in the end.</summary>
    private const int RoundsMax = 4;

    private const int KeyChars = 4;

    public static void Sort<T>(Span<string> paths, Span<T> items) => Sort(paths, items, RoundsMax);

    private static void Sort<T>(Span<string> paths, Span<T> items, int rounds)
    {
        if (IsSorted(paths))
        {
            return;
        }

        if (paths.Length <= FewMax || rounds == 0)
        {
            paths.Sort(items, StringComparer.Ordinal);
            return;
        }

        var keys = KeysOf(paths);
        SortByKeys(keys, paths, items);
        for (var first = 0; first < keys.Length;)
        {
            var end = first + 1;
            while (end < keys.Length && keys[end] == keys[first])
            {
                end++;
            }

            Sort(paths[first..end], items[first..end], rounds - 1);
            first = end;
        }
    }

    private static bool IsSorted(ReadOnlySpan<string> paths)
    {
        for (var i = 1; i < paths.Length; i++)
        {
            if (string.CompareOrdinal(paths[i - 1], paths[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static ulong[] KeysOf(ReadOnlySpan<string> paths)
    {
        var common = paths[0].Length;
        foreach (var path in paths)
        {
            common = path.AsSpan().CommonPrefixLength(paths[0].AsSpan(0, common));
        }

        var keys = new ulong[paths.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = KeyOf(paths[i].AsSpan(common));
        }

        return keys;
    }

    /// <summary>No path has a character 0: it stands behind the end, which comes first.</summary>
    private static ulong KeyOf(ReadOnlySpan<char> rest)
    {
        var key = 0UL;
        for (var i = 0; i < KeyChars; i++)
        {
            key = (key << 16) | (i < rest.Length ? rest[i] : 0u);
        }

        return key;
    }

    private static void SortByKeys<T>(ulong[] keys, Span<string> paths, Span<T> items)
    {
        var order = new int[keys.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(keys, order);
        var (pathsBefore, itemsBefore) = (paths.ToArray(), items.ToArray());
        for (var i = 0; i < order.Length; i++)
        {
            paths[i] = pathsBefore[order[i]];
            items[i] = itemsBefore[order[i]];
        }
    }
}
