using System.Globalization;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Locks;

/// <summary>
/// The names under which recipes queue for a lock: <c>_c_id-lock-0000000007</c> of Curator and of our own tickets,
/// <c>id__lock__0000000007</c> of kazoo, <c>lock-0000000007</c> of the recipe in ZooKeeper's manual.
/// </summary>
internal static class ContenderName
{
    private const string Dashed = "lock-";
    private const string Underscored = "__lock__";

    /// <summary>The prefix of a ticket's node; the state machine adds the sequence number.</summary>
    public static string TicketPrefix(Revision ticket) =>
        string.Create(CultureInfo.InvariantCulture, $"_c_{ticket.Value:x32}-{Dashed}");

    public static bool IsContender(ReadOnlySpan<char> name)
    {
        var number = SequenceOf(name);
        var marker = name[..^number.Length];

        // A number that has overflowed begins with a minus.
        return !number.IsEmpty && (IsMarker(marker) || (marker.EndsWith('-') && IsMarker(marker[..^1])));
    }

    /// <summary>The digits at the end.</summary>
    public static ReadOnlySpan<char> SequenceOf(ReadOnlySpan<char> name) =>
        name[(name.LastIndexOfAnyExceptInRange('0', '9') + 1)..];

    private static bool IsMarker(ReadOnlySpan<char> marker) =>
        marker.EndsWith(Dashed, StringComparison.Ordinal) || marker.EndsWith(Underscored, StringComparison.Ordinal);
}
