using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>Hand-made committed entries: right ones and wrong ones, which a state machine would not make.</summary>
internal sealed class CommittedLog
{
    private static readonly StateMachineOptions Small = new() { DeletedNodesMax = 2, CreatedParentsMax = 2 };

    private readonly StateMachine _reference = NewOfNewestLevel();

    private long _index;
    private long _serial;

    public CommittedLog() => Facts = new Facts(new Totals(), Small, () => _reference);

    public Facts Facts { get; }

    public long Revision { get; private set; }

    /// <summary>Virtual microseconds.</summary>
    public long Time { get; set; }

    /// <summary>One command, its result and what it changed, in one revision.</summary>
    public void Add(
        Command command,
        ResultBody? body = null,
        Change[]? changes = null,
        SessionId[]? ended = null,
        Ticket[]? fences = null)
    {
        var before = new Revision(Revision);
        var revision = new Revision(++Revision);
        Add(
            new CommandBatch(new LaneId(1), 0, [new CommandRequest(++_serial, null, 0, fences ?? [], command)]),
            before,
            [new CommandResult(ResultCode.Ok, revision, Replayed: false, body)],
            [new ChangeSet(before, revision, 0, changes ?? [], ended ?? [])]);
    }

    public void Add(CommandBatch batch, Revision before, CommandResult[] results, ChangeSet[] changes)
    {
        var entry = new CommittedEntry(new LogIndex(++_index), new Term(2), Time, batch, before, results, changes)
        {
            ProposedAt = Time,
        };
        foreach (var check in Facts.OfEntries)
        {
            check.Check(entry);
        }
    }

    public SessionId OpenSession(long ttlMilliseconds = 1_000)
    {
        var id = new SessionId(Revision + 1);
        Add(new OpenSessionCommand(ttlMilliseconds, ""), new SessionInfo(id, "", ttlMilliseconds, 0, null, 0));
        return id;
    }

    public void Expire(SessionId session, params Change[] changes) =>
        Add(new ExpireSessionsCommand(2, [new ExpiredSession(session, 0)]), null, changes, [session]);

    public Ticket Acquire(SessionId session, bool held, string path = "/locks/a")
    {
        var ticket = new Ticket(Revision + 1);
        var node = $"{path}/ticket-{ticket}";
        Add(
            new AcquireLockCommand(path, session, 0, "", Queue: true),
            new TicketInfo(ticket, RecipeKind.Lock, path, node, held ? 0 : 1, session, ""),
            [Created(node, session)]);
        return ticket;
    }

    public void Release(Ticket ticket, string path = "/locks/a") =>
        Add(new ReleaseTicketCommand(ticket), null, [Deleted($"{path}/ticket-{ticket}")]);

    public Change Created(string path, SessionId? owner = null, byte[]? value = null) => new(
        ChangeType.Created, path, Stat(owner), "text/plain", value ?? [], Previous: null);

    public Change Deleted(string path) => new(ChangeType.Deleted, path, Stat(null), "", null, null);

    public NodeStat Stat(SessionId? owner = null) => new()
    {
        CreatedRevision = new Revision(Revision + 1),
        ModifiedRevision = new Revision(Revision + 1),
        EphemeralOwner = owner,
    };

    private static StateMachine NewOfNewestLevel()
    {
        var machine = new StateMachine(StateMachineOptions.Default);
        for (var level = FeatureLevels.First + 1; level <= FeatureLevels.Newest; level++)
        {
            var raise = new CommandRequest(0, null, 0, [], new RaiseFeatureLevelCommand(1, level));
            machine.Apply(level, 1, 0, [new CommandBatch(LaneId.None, 0, [raise])], []);
        }

        return machine;
    }
}
