using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Simulation.Clients;

namespace Cloudkeeper.Simulation.Invariants.ExactlyOnce;

/// <summary>
/// A client's answer agrees with the decision in the log. E4: a failed command never happens; only an unknown one may.
/// </summary>
internal sealed class ToldTheTruth(OnceOnly decisions)
{
    public void Check(HistoryOperation write)
    {
        ArgumentNullException.ThrowIfNull(write);
        foreach (var (lane, serial) in write.SentBefore)
        {
            if (decisions.Find(lane, serial) is { Code: ResultCode.Ok, Replayed: false } earlier)
            {
                throw new ViolationException("E1 told the truth", $"decided {earlier} and sent again: {write}");
            }
        }

        var decision = write.SentAs is { } sent ? decisions.Find(sent.Lane, sent.Serial) : null;
        switch (write.Outcome)
        {
            case CallOutcome.Failed when decision is { Code: ResultCode.Ok, Replayed: false }:
                throw new ViolationException("E4 told the truth", $"said to have failed, decided {decision}: {write}");
            case CallOutcome.Answered when !IsSame(decision, write.Result!):
                throw new ViolationException("E2 told the truth", $"decided was {decision}: {write}");
        }
    }

    private static bool IsSame(Decision? decision, CommandResult told) =>
        told.Code is ResultCode.Overloaded
        || (decision is { } decided && decided.Code == told.Code && decided.Revision == told.Revision);
}
