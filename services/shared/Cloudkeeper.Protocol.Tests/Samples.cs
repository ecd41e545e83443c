using System.Text;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Protocol.Tests;

/// <summary>One of everything, with every optional member there and not there.</summary>
internal static class Samples
{
    public static readonly NodeStat Stat = new(
        new Revision(3),
        new Revision(1L << 44),
        new Revision(7),
        1_700_000_000_000,
        1_700_000_000_001,
        4,
        5,
        6,
        NodeKind.Ephemeral,
        new SessionId(9),
        30_000,
        100,
        2);

    public static readonly Guid Cluster = new("00112233-4455-6677-8899-aabbccddeeff");

    private static readonly ReadOnlyMemory<byte> Value = "value"u8.ToArray();
    private static readonly SessionInfo Session = new(new SessionId(9), "worker-7", 10_000, 17, null, 18);
    private static readonly GatewayEntry Gateway = new("g1", "http://gateway1:7100", new SessionId(9));
    private static readonly TicketInfo Ticket =
        new(new Ticket(12), RecipeKind.Lock, "/locks/a", "_c_0c-lock-0000000001", 1, new SessionId(9), "me");

    public static CommandBatch Batch { get; } = new(new LaneId(5), 17, [.. Commands().Select(Request)]);

    /// <summary>Commands that came later, so that the bytes of the first ones stay as they are.</summary>
    public static CommandBatch LeaderBatch { get; } = new(
        default,
        0,
        [
            Request(new RaiseFeatureLevelCommand(6, 2), 1),
            Request(new CheckpointCommand(6, 1_000, 0xfedc_ba98_7654_3210), 2),
        ]);

    public static CommandBatch GatewayBatch { get; } = new(default, 0, [Request(new RegisterGatewayCommand(Gateway), 1)]);

    public static ReadBatch GatewayReads { get; } = new(ReadConsistency.Linearizable, Revision.Zero, [new ReadGatewaysRequest()]);

    public static ReadBatchResult GatewayReadResults { get; } = new(
        new Revision(20), [new ReadGatewaysResult(ResultCode.Ok, [Gateway]), new ReadGatewaysResult(ResultCode.Ok, [])])
    {
        Cluster = Cluster,
    };

    public static IReadOnlyList<CommandResult> Results { get; } =
    [
        .. Bodies().Select((body, i) => new CommandResult((ResultCode)i, new Revision(i), i % 2 == 0, body)),
    ];

    public static ReadBatch Reads { get; } = new(
        ReadConsistency.Local,
        new Revision(12),
        [
            new ReadNodeRequest("/a", WithValue: true),
            new ReadChildrenRequest("/a", "b", 10, WithValues: false),
            new ReadSessionRequest(new SessionId(9)),
            new ReadSessionsRequest(new SessionId(9), 10_000),
            new ReadTicketRequest(new Ticket(12)),
            new ReadLockRequest("/locks/a"),
            new ReadChangeRequest(new Revision(8), "/a"),
            new ReadSubtreeRequest("/a", "/a/b", 3, 1_000, WithValues: true),
        ]);

    public static ReadBatch PageReads { get; } = new(
        ReadConsistency.Linearizable,
        new Revision(12),
        [
            new ReadSessionRequest(new SessionId(9), new ArrivalPage(null, 10_000)),
            new ReadSessionRequest(new SessionId(9), new ArrivalPage(new Arrival(new Revision(7), "/a/b"), 10)),
            new ReadLockRequest("/locks/a", new ArrivalPage(null, 1)),
            new ReadLockRequest("/locks/a", new ArrivalPage(new Arrival(new Revision(7), "/locks/a/lock-0000000001"), 2)),
        ]);

    public static ReadBatchResult PageResults { get; } = new(
        new Revision(20),
        [
            new ReadSessionResult(ResultCode.Ok, Session, ["/a/b"], 700) { More = new Arrival(new Revision(7), "/a/b") },
            new ReadLockResult(ResultCode.Ok, [new ReadTicketResult(ResultCode.Ok, Ticket, 1)])
            {
                More = new Arrival(new Revision(7), "/locks/a/lock-0000000001"),
            },
        ])
    {
        Cluster = Cluster,
    };

    public static ReadBatchResult ReadResults { get; } = new(
        new Revision(20),
        [
            new ReadNodeResult(ResultCode.Ok, Stat, "text/plain", Value, Revision.Zero),
            new ReadNodeResult(ResultCode.NodeNotFound, null, "", default, new Revision(4)),
            new ReadChildrenResult(
                ResultCode.Ok, Stat, Revision.Zero, [new ChildEntry("b", "text/plain", Stat, Value)], HasMore: true),
            new ReadSessionResult(ResultCode.Ok, Session, ["/a/b", "/a/c"], 700),
            new ReadSessionResult(ResultCode.SessionNotFound, null, [], -1),
            new ReadSessionsResult(ResultCode.Ok, [new SessionEntry(Session, 700)], HasMore: false),
            new ReadTicketResult(ResultCode.Ok, Ticket, 700),
            new ReadLockResult(ResultCode.Ok, [new ReadTicketResult(ResultCode.Ok, Ticket, 1)]),
            new ReadChangeResult(ResultCode.Ok, Change(ChangeType.Changed, withPrevious: true), new Revision(2)),
            new ReadChangeResult(ResultCode.RevisionCompacted, null, new Revision(2)),
            new ReadSubtreeResult(
                ResultCode.Ok, Revision.Zero, [new SubtreeEntry("/a", "text/plain", Stat, Value)], HasMore: true),
            new ReadSubtreeResult(ResultCode.NodeNotFound, new Revision(4), [], HasMore: false),
        ])
    {
        Cluster = Cluster,
    };

    public static IReadOnlyList<FeedFrame> Frames { get; } =
    [
        new ChangeSetFrame(new ChangeSet(
            new Revision(7),
            new Revision(8),
            1_700_000_000_000,
            [Change(ChangeType.Created, withPrevious: false), Change(ChangeType.Changed, withPrevious: false)],
            [new SessionId(9)])),
        new ProgressFrame(new Revision(8)),
        new CompactedFrame(new Revision(2)),
        new StartFrame(Cluster, new Revision(6)),
        new ChangeSetFrame(new ChangeSet(
            new Revision(8), new Revision(9), 1_700_000_000_001, [Change(ChangeType.Deleted, withPrevious: false)], [])
        {
            TouchedParents = ["/", "/b/ö"],
        }),
        new ChangeSetPartFrame(
            new ChangeSet(new Revision(9), new Revision(10), 1_700_000_000_002, [Change(ChangeType.Deleted, withPrevious: false)], []),
            Index: 3,
            IsLast: false),
        new ChangeSetPartFrame(
            new ChangeSet(new Revision(9), new Revision(10), 1_700_000_000_002, [], [new SessionId(9)]) { TouchedParents = ["/b"] },
            Index: 4,
            IsLast: true),
    ];

    public static Change Change(ChangeType type, bool withPrevious) => new(
        type,
        "/a/ä",
        Stat,
        "text/plain",
        Value,
        withPrevious ? new PreviousValue(3, "application/json", "{}"u8.ToArray()) : null);

    private static CommandRequest Request(Command command, int i) => new(
        17 + i,
        i % 3 == 0 ? $"key-{i}" : null,
        i % 3 == 0 ? new UInt128(1, (ulong)i) : UInt128.Zero,
        i % 2 == 0 ? [new Ticket(12), new Ticket(13)] : [],
        command);

    private static IEnumerable<Command> Commands()
    {
        foreach (var operation in Operations())
        {
            yield return new MutationCommand(operation);
        }

        yield return new TransactionCommand(
            [
                new Condition("/a"),
                new Condition("/a", Exists: false),
                new Condition("/a", true, new Revision(3), 4, Value),
            ],
            [.. Operations()],
            []);
        yield return new OpenSessionCommand(10_000, "worker-7");
        yield return new CloseSessionCommand(new SessionId(9));
        yield return new AcquireLockCommand("/locks/a", new SessionId(9), 0, "me", Queue: true);
        yield return new AcquireLockCommand("/locks/a", null, 10_000, "", Queue: false);
        yield return new ReleaseTicketCommand(new Ticket(12));
        yield return new OpenLaneCommand();
        yield return new ExpireSessionsCommand(6, [new ExpiredSession(new SessionId(9), 17)]);
        yield return new RemoveIdleNodesCommand(6, [new IdleNode("/a", new Revision(3), new Revision(4))]);
    }

    private static IEnumerable<Operation> Operations()
    {
        yield return new WriteOperation("/a", Value, "text/plain");
        yield return new WriteOperation(
            "/a", default, "", WriteMode.Set, NodeKind.Ttl, true, new SessionId(9), 5, true, new Revision(3), -1);
        yield return new CreateSequentialOperation("/a", "p-", Value, "text/plain", NodeKind.Ephemeral, new SessionId(9));
        yield return new DeleteOperation("/a", Recursive: true, new Revision(3), 4);
        yield return new GetOperation("/" + new string('x', 1023));
        yield return new AddOperation("/a", long.MinValue);
    }

    private static IEnumerable<ResultBody?> Bodies()
    {
        yield return null;
        yield return new NodeResult("/a", "text/plain", Stat, Created: true);
        yield return new NodeResult("/a", "", null, Created: false);
        yield return new GetResult("/a", "text/plain", Encoding.UTF8.GetBytes("ä"), Stat);
        yield return new CounterResult("/a", -5, Stat);
        yield return new TransactionResult(
            true, [new NodeResult("/a", "", Stat, true), new CounterResult("/b", 1, Stat)], 0, ResultCode.Ok);
        yield return Session with { EndReason = SessionEndReason.Closed };
        yield return Ticket;
        yield return new TicketList("/locks/a", [Ticket, Ticket with { Position = 2 }]);
        yield return new LaneResult(new LaneId(5));
    }
}
