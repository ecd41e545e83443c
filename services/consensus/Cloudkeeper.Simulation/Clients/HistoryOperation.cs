using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>One call of a client, from its invocation to its return.</summary>
internal sealed class HistoryOperation
{
    public required int Client { get; init; }

    /// <summary>Virtual microseconds.</summary>
    public required long Invoked { get; init; }

    /// <summary>Virtual microseconds; null: not yet.</summary>
    public long? Returned { get; set; }

    /// <summary>Of a write.</summary>
    public CommandRequest? Request { get; init; }

    /// <summary>A success of the write makes a revision of its own.</summary>
    public bool ChangesSomething { get; init; }

    /// <summary>Of a read.</summary>
    public ReadRequest? Read { get; init; }

    public Revision MinRevision { get; init; }

    /// <summary>The least revision in the gateway's request to a node.</summary>
    public Revision AskedFor { get; set; }

    /// <summary>The freshness that the client asks of a read.</summary>
    public Freshness Wanted { get; init; }

    /// <summary>Of a bounded read, virtual microseconds.</summary>
    public long StalenessMax { get; init; }

    /// <summary>
    /// The gateway claims that the answer has all that was acknowledged before this moment; null: it claims nothing.
    /// </summary>
    public long? FreshAsOf { get; set; }

    public CallOutcome Outcome { get; set; }

    public CommandResult? Result { get; set; }

    public ReadResult? ReadResult { get; set; }

    /// <summary>Of the result, or the revision at which a read was served.</summary>
    public Revision Revision { get; set; }

    /// <summary>Under which number of which lane it was sent last.</summary>
    public (LaneId Lane, long Serial)? SentAs { get; private set; }

    /// <summary>Earlier numbers, of attempts that were certainly not executed.</summary>
    public IReadOnlyList<(LaneId Lane, long Serial)> SentBefore { get; private set; } = [];

    public void Sent(LaneId lane, long serial)
    {
        if (SentAs is { } before)
        {
            SentBefore = [.. SentBefore, before];
        }

        SentAs = (lane, serial);
    }

    /// <summary>Its gateway is certain that it was not executed, and gives the number to another operation.</summary>
    public void TakenBack() => SentAs = null;

    public override string ToString() =>
        $"client {Client} [{Invoked / 1e6:F6}, {Returned / 1e6:F6}] {Outcome} at {Revision}: "
        + $"{Describe(Request?.Command)}{Read} -> {Describe(Result)}{ReadResult}";

    private static string? Describe(Command? command) => command is TransactionCommand transaction
        ? $"if [{string.Join(", ", transaction.If)}] then [{string.Join(", ", transaction.Then)}] "
            + $"else [{string.Join(", ", transaction.Else)}]"
        : command?.ToString();

    private static string? Describe(CommandResult? result) => result?.Body is TransactionResult transaction
        ? $"{result.Code} at {result.Revision}, succeeded: {transaction.Succeeded} [{string.Join(", ", transaction.Results)}]"
        : result?.ToString();
}

internal enum CallOutcome
{
    Pending,

    /// <summary>Decided: the result holds how.</summary>
    Answered,

    /// <summary>Certainly not executed.</summary>
    Failed,

    /// <summary>Perhaps executed.</summary>
    Unknown,
}

/// <summary>The consistencies that clients may choose.</summary>
internal enum Freshness
{
    Linearizable,

    /// <summary>At most so old.</summary>
    Bounded,

    /// <summary>Not behind the newest revision that this client, or a watch of this gateway, has seen.</summary>
    Session,
    Stale,
}
