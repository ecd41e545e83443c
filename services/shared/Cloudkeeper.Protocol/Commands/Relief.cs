namespace Cloudkeeper.Protocol.Commands;

/// <summary>
/// The commands that get through when there is no room for growth: after them the state is smaller, or at least not
/// larger. Without them a full system could never be emptied.
/// </summary>
public static class Relief
{
    /// <summary>Whether the command cannot make the state larger, in any state.</summary>
    public static bool Is(Command command) => command switch
    {
        MutationCommand mutation => Is(mutation.Operation),
        TransactionCommand transaction => transaction.Then.All(Is) && transaction.Else.All(Is),
        CloseSessionCommand or ReleaseTicketCommand => true,

        // The way that all others take; clients do not see it.
        OpenLaneCommand => true,
        _ => false,
    };

    private static bool Is(Operation operation) => operation is DeleteOperation or GetOperation;
}
