using System.Text;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Tree.Tests;

/// <summary>A state machine that is fed one command an entry, with the log's side of it kept here.</summary>
internal sealed class Machine(StateMachine state, long index = 0)
{
    public const long Start = 1_700_000_000_000;

    public Machine(StateMachineOptions? options = null)
        : this(new StateMachine(options ?? StateMachineOptions.Default))
    {
    }

    public StateMachine State { get; } = state;

    public long Index { get; private set; } = index;

    public long Term { get; set; } = 1;

    public long Now { get; set; } = Start;

    /// <summary>How long the leader has been awake; null: by its clock.</summary>
    public long? Awake { get; set; }

    /// <summary>As leaders stamp their entries at the state's level.</summary>
    public EntryStamp Stamp => new(Now, State.FeatureLevel < FeatureLevels.AwakeClock ? null : Awake ?? Now);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> value) => Encoding.UTF8.GetString(value.Span);

    public static CommandRequest Request(Command command, long serial = 0, string? key = null, params Ticket[] fences) =>
        new(serial, key, key is null ? UInt128.Zero : 1, fences, command);

    public static string[] Paths(ChangeSet set) => set.Changes.Select(change => change.Path).ToArray();

    public List<CommandResult> Apply(params CommandBatch[] batches)
    {
        var results = new List<CommandResult>();
        State.Apply(++Index, Term, Stamp, batches, results);
        return results;
    }

    public Machine RaiseLevel(int level)
    {
        Assert.Equal(ResultCode.Ok, Run(new RaiseFeatureLevelCommand(Term, level)).Code);
        return this;
    }

    public CommandResult Run(Command command, params Ticket[] fences) =>
        Assert.Single(Apply(new CommandBatch(LaneId.None, 0, [Request(command, fences: fences)])));

    public CommandResult Run(Operation operation, params Ticket[] fences) => Run(new MutationCommand(operation), fences);

    public CommandResult Put(string path, string value = "") =>
        Run(new WriteOperation(path, Bytes(value), "text/plain"));

    public CommandResult Delete(string path, bool recursive = false) => Run(new DeleteOperation(path, recursive));

    public CommandResult Transact(params Operation[] operations) => Run(new TransactionCommand([], operations, []));

    public SessionId OpenSession(long ttl = 10_000, string name = "s") =>
        Body<SessionInfo>(Run(new OpenSessionCommand(ttl, name))).Id;

    public CommandResult PutEphemeral(string path, SessionId session, string value = "") => Run(new WriteOperation(
        path, Bytes(value), "text/plain", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session));

    public CommandResult Acquire(string path, SessionId? session, bool queue = true, string owner = "me") =>
        Run(new AcquireLockCommand(path, session, session is null ? 10_000 : 0, owner, queue));

    public LaneId OpenLane() => Body<LaneResult>(Run(new OpenLaneCommand())).Lane;

    public ReadNodeResult Get(string path) => (ReadNodeResult)State.Read(new ReadNodeRequest(path, WithValue: true));

    public NodeStat Stat(string path)
    {
        var result = Get(path);
        Assert.Equal(ResultCode.Ok, result.Code);
        return result.Stat!.Value;
    }

    public string[] Children(string path)
    {
        var result = (ReadChildrenResult)State.Read(new ReadChildrenRequest(path, "", Limits.PageSizeMax, false));
        return result.Children.Select(child => child.Name).ToArray();
    }

    public List<ChangeSet> History(long from = 0)
    {
        var sets = new List<ChangeSet>();
        Assert.False(State.ReadHistory(new Revision(from), int.MaxValue, sets).IsCompacted);
        return sets;
    }

    public ChangeSet LastChange() => History(State.Revision.Value - 1)[^1];

    public static T Body<T>(CommandResult result)
        where T : ResultBody
    {
        Assert.Equal(ResultCode.Ok, result.Code);
        return Assert.IsType<T>(result.Body);
    }

    /// <summary>The command is refused and leaves no trace but the applied index.</summary>
    public CommandResult Refuses(ResultCode code, Command command, params Ticket[] fences)
    {
        var before = State.Revision;
        var nodes = State.NodeCount;
        var result = Run(command, fences);
        Assert.Equal(code, result.Code);
        Assert.Equal(before, result.Revision);
        Assert.Equal(before, State.Revision);
        Assert.Equal(nodes, State.NodeCount);
        return result;
    }

    public CommandResult Refuses(ResultCode code, Operation operation) => Refuses(code, new MutationCommand(operation));
}
