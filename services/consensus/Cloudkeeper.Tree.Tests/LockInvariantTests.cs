using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Tree.Tests;

/// <summary>What must be true of locks at every moment, under random histories (L1 to L5).</summary>
public sealed class LockInvariantTests
{
    private static readonly string[] Locks = ["/l", "/m/l"];

    private readonly Dictionary<string, TicketInfo[]> _queues = Locks.ToDictionary(path => path, _ => Array.Empty<TicketInfo>());
    private readonly Dictionary<string, long> _newestToken = Locks.ToDictionary(path => path, _ => 0L);
    private readonly List<SessionId> _sessions = [];
    private readonly List<Ticket> _tickets = [];
    private Machine _machine = new();
    private int _grants;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tokens_grow_grants_do_not_overlap_and_waiters_are_served_in_order(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 4_000; i++)
        {
            Step(random);
            foreach (var path in Locks)
            {
                Check(path);
            }

            if (i % 500 == 499)
            {
                var loaded = SnapshotTests.Load(SnapshotTests.Write(_machine.State), StateMachineOptions.Default);
                _machine = new Machine(loaded, _machine.Index) { Now = _machine.Now };
            }
        }

        Assert.True(_grants > 80, $"Only {_grants} grants.");
    }

    private void Step(Random random)
    {
        var path = Locks[random.Next(Locks.Length)];
        var result = random.Next(12) switch
        {
            0 or 1 => _machine.Run(new OpenSessionCommand(5_000, "s")),
            2 => _machine.Run(new CloseSessionCommand(Session(random))),
            3 => _machine.Run(new ExpireSessionsCommand(1, [new ExpiredSession(Session(random), 0)])),
            < 7 => _machine.Acquire(path, Session(random), queue: random.Next(3) > 0),
            7 => _machine.Acquire(path, session: null),
            8 => _machine.Run(new CreateSequentialOperation(
                path, "x__lock__", Machine.Bytes("k"), "t", NodeKind.Ephemeral, Session(random), Parents: true)),
            9 => GuardedWrite(Ticket(random)),
            10 when random.Next(20) == 0 => _machine.Delete(path, recursive: true),
            10 => _machine.Delete(_queues[path].ElementAtOrDefault(random.Next(3))?.Node ?? "/none"),
            _ => _machine.Run(new ReleaseTicketCommand(Ticket(random))),
        };
        Learn(result);
    }

    /// <summary>L4: it succeeds exactly if its ticket is held at that revision.</summary>
    private CommandResult GuardedWrite(Ticket ticket)
    {
        var isHeld = _queues.Values.Any(queue => queue.Length > 0 && queue[0].Ticket == ticket && _tickets.Contains(ticket));
        var result = _machine.Run(new WriteOperation("/guarded", Machine.Bytes("x"), "t"), ticket);
        Assert.Equal(isHeld ? ResultCode.Ok : ResultCode.FenceLost, result.Code);
        return result;
    }

    private void Check(string path)
    {
        var before = _queues[path];
        var after = ((ReadLockResult)_machine.State.Read(new ReadLockRequest(path))).Tickets.Select(t => t.Ticket!).ToArray();
        _queues[path] = after;
        Assert.Equal(Enumerable.Range(0, after.Length), after.Select(ticket => ticket.Position));

        // L3, S4: every ticket in the queue has a live session.
        Assert.All(after, ticket => Assert.True(_machine.State.IsAlive(ticket.Session)));

        // L5: the tickets that stay keep their order, and the new ones come last.
        var stayed = before.Select(t => t.Node).Where(node => after.Any(t => t.Node == node)).ToArray();
        Assert.Equal(stayed, after.Take(stayed.Length).Select(ticket => ticket.Node));

        var holder = after.FirstOrDefault();
        if (holder is null || holder.Node == before.FirstOrDefault()?.Node)
        {
            return;
        }

        // L2: the one before is gone; L1: tokens grow from grant to grant.
        Assert.True(before.Length == 0 || after.All(ticket => ticket.Node != before[0].Node));
        Assert.True(holder.Ticket.Value > _newestToken[path]);
        _newestToken[path] = holder.Ticket.Value;
        _grants++;
    }

    private void Learn(CommandResult result)
    {
        if (result.Body is SessionInfo { EndReason: null } session)
        {
            _sessions.Add(session.Id);
        }
        else if (result.Body is TicketInfo ticket)
        {
            _tickets.Add(ticket.Ticket);
        }
    }

    private SessionId Session(Random random) =>
        _sessions.Count == 0 ? new SessionId(1) : _sessions[^Math.Min(_sessions.Count, random.Next(1, 6))];

    private Ticket Ticket(Random random) =>
        _tickets.Count == 0 ? new Ticket(1) : _tickets[^Math.Min(_tickets.Count, random.Next(1, 8))];
}
