namespace Cloudkeeper.Protocol.Reads;

/// <summary>
/// About how many bytes a result of any kind takes in an answer: this bounds an answer before it is encoded. Text is
/// counted by its characters, so a result of other alphabets may take up to three times as many.
/// </summary>
public static class ReadResultSize
{
    /// <summary>One entry's share besides its texts and values: stat, counts, flags.</summary>
    private const int EntryBytes = 112;

    public static long Of(ReadResult result) => EntryBytes + result switch
    {
        ReadNodeResult node => node.ContentType.Length + node.Value.Length,
        ReadChildrenResult children => Sum(
            children.Children, static child => child.Name.Length + child.ContentType.Length + child.Value.Length),
        ReadSubtreeResult subtree => Sum(
            subtree.Nodes, static node => node.Path.Length + node.ContentType.Length + node.Value.Length),
        ReadSessionResult session => Sum(session.Ephemerals, static path => path.Length),
        ReadSessionsResult sessions => Sum(sessions.Sessions, static entry => entry.Session.Name.Length),
        ReadLockResult tickets => Sum(tickets.Tickets, static ticket => OfTicket(ticket)),
        ReadTicketResult ticket => OfTicket(ticket),
        ReadChangeResult { Change: { } change } =>
            change.Path.Length + (change.Value?.Length ?? 0) + (change.Previous?.Value.Length ?? 0),
        _ => 0,
    };

    private static long OfTicket(ReadTicketResult ticket) =>
        ticket.Ticket is { } info ? info.Path.Length + info.Node.Length + info.Owner.Length : 0;

    private static long Sum<T>(IReadOnlyList<T> entries, Func<T, long> bytes)
    {
        var sum = 0L;
        for (var i = 0; i < entries.Count; i++)
        {
            sum += EntryBytes + bytes(entries[i]);
        }

        return sum;
    }
}
