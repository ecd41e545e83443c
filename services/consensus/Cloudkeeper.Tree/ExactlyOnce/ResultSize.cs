using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Tree.ExactlyOnce;

/// <summary>Estimates the memory that a kept result takes, the same on every replica.</summary>
internal static class ResultSize
{
    private const long BodyBytes = 256;

    public static long Of(CommandResult result) => BodyBytes + Of(result.Body);

    private static long Of(ResultBody? body) => body switch
    {
        null => 0,
        GetResult get => BodyBytes + get.Value.Length,
        TransactionResult transaction => BodyBytes + transaction.Results.Sum(Of),
        TicketList list => BodyBytes + list.Tickets.Sum(Of),
        _ => BodyBytes,
    };
}
