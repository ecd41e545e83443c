using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>The order in which a walk meets paths: a node, then all below it, then its next sibling.</summary>
internal static class WalkOrder
{
    /// <summary>The order of the characters, but with '/' before all others: so a subtree is not torn apart.</summary>
    public static int Compare(string left, string right)
    {
        var first = left == NodePath.Root ? [] : left.AsSpan();
        var second = right == NodePath.Root ? [] : right.AsSpan();
        var common = first.CommonPrefixLength(second);
        if (common == first.Length || common == second.Length)
        {
            return first.Length.CompareTo(second.Length);
        }

        return Rank(first[common]).CompareTo(Rank(second[common]));
    }

    private static int Rank(char c) => c == '/' ? -1 : c;
}
