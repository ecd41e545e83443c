using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Invariants.Locks;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Reads;

/// <summary>A read returns the state at its revision by the committed changes.</summary>
internal sealed class ReadValues(
    PathHistories paths, NodeTruth nodes, SessionBook sessions, TicketsAgree tickets)
{
    public void Check(HistoryOperation read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (read.Revision < read.MinRevision)
        {
            throw Wrong(read, $"at least {read.MinRevision} was asked for");
        }

        switch (read.ReadResult)
        {
            case ReadNodeResult node
                when nodes.Contradiction((ReadNodeRequest)read.Read!, node, read.Revision) is { } contradiction:
                throw Wrong(read, contradiction);
            case ReadChildrenResult { HasMore: false } children:
                CheckChildren(read, ((ReadChildrenRequest)read.Read!).Path, children);
                break;
            case ReadTicketResult { Ticket: { } ticket }:
                tickets.Require(ticket, read.Revision);
                break;
            case ReadSessionResult session:
                CheckSession(read, session);
                break;
        }
    }

    private void CheckChildren(HistoryOperation read, string path, ReadChildrenResult result)
    {
        var expected = new List<string>();
        foreach (var name in paths.ChildrenEver(path))
        {
            if (paths.At(Protocol.NodePath.Join(path, name), read.Revision) is not null)
            {
                expected.Add(name);
            }
        }

        var names = result.Children.Select(c => c.Name);
        if (result.Code == ResultCode.Ok ? !names.SequenceEqual(expected, StringComparer.Ordinal) : expected.Count > 0)
        {
            throw Wrong(read, $"the children were {string.Join(' ', expected)}, not {string.Join(' ', names)}");
        }
    }

    private void CheckSession(HistoryOperation read, ReadSessionResult result)
    {
        var life = sessions.Find(((ReadSessionRequest)read.Read!).Session);
        var wasAlive = life is not null && life.OpenedAt <= read.Revision && !(life.EndedAt <= read.Revision);
        if ((result.Code == ResultCode.Ok) != wasAlive)
        {
            throw Wrong(read, $"the session began at {life?.OpenedAt} and ended at {life?.EndedAt}");
        }
    }

    private static ViolationException Wrong(HistoryOperation read, string what) =>
        new("read values", $"{what}: {read}");
}
