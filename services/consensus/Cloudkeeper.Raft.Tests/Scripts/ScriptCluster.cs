using System.Globalization;
using System.Text;

namespace Cloudkeeper.Raft.Tests.Scripts;

/// <summary>
/// The commands of the scripts in <c>testdata</c>; a member's storage and the network move only by these commands.
/// </summary>
/// <remarks>
/// <code>
/// nodes 3 [learner=4] [spare=2] [window=n] [append=bytes]
///                       a new cluster, so many members with empty disks that do not belong to it yet, and limits for
///                       what is on the way and in one append
/// log 1 term=3 [vote=2] [commit=1] 1 1 2     a member whose log has entries of these terms (the first: the members)
/// campaign 1 | tick 1 10 | propose 1 a | read 1 7 | unreachable 1 2 | transfer 1 [2] | membership 1 1v 2v 3l
/// stored 1 [count]      the oldest writes of a member are durable (all of them without a count)
/// deliver 2 [from=1] [count=1]      messages to a member arrive, in order
/// drop 2 [from=1] [count=1]         messages to a member are lost
/// repeat 2 from=1 [back=1]          what was delivered or lost last from 1 to 2 arrives (again), or what was before it
/// stabilize [1 2]       everything is stored and delivered (among these members) until nothing is left to do
/// settle                like stabilize, without output
/// compact 1 keep=5 | restart 1 | status
/// snapshot-sent 1 3 ok              the transfer of the last snapshot to 3 has ended well, or: failed
/// </code>
/// </remarks>
internal sealed class ScriptCluster
{
    private readonly List<ScriptNode> _nodes = [];
    private readonly List<RaftMessage> _network = [];
    private readonly List<RaftMessage> _taken = [];
    private readonly StringBuilder _said = new();
    private Membership _members = Membership.Empty;
    private RaftOptions _options = new() { ElectionTicks = 10, HeartbeatTicks = 3 };

    public string Handle(string line)
    {
        var command = new ScriptCommand(line);
        Run(command);
        var said = command.Name == "settle" || _said.Length == 0 ? "ok" + Environment.NewLine : _said.ToString();
        _said.Clear();
        return said;
    }

    private void Run(ScriptCommand command)
    {
        switch (command.Name)
        {
            case "nodes":
                AddNodes(command);
                break;
            case "log":
                StartWithLog(command);
                break;
            case "stored":
                Node(command.Id(0)).CompleteWrites(command.Number(1, otherwise: int.MaxValue));
                break;
            case "deliver":
                Arriving(command).ForEach(Deliver);
                break;
            case "drop":
                Arriving(command).ForEach(m => Say("lost: " + Phrase.Of(m)));
                break;
            case "repeat":
                Deliver(_taken.FindAll(m => m.To == command.Id(0) && m.From == command.From)[^command.Back]);
                break;
            case "stabilize":
            case "settle":
                Stabilize([.. _nodes.Where(n => command.Words.Count == 0 || command.Names(n.Id))]);
                break;
            case "compact":
                Node(command.Id(0)).Compact(new LogIndex(command.Setting("keep", 1)));
                break;
            case "restart":
                Node(command.Id(0)).Restart();
                Node(command.Id(0)).Do(_ => { });
                break;
            case "status":
                _nodes.ForEach(SayStatus);
                break;
            default:
                Node(command.Id(0)).Do(r => Input(r, command));
                break;
        }
    }

    private void Input(RaftNode raft, ScriptCommand command)
    {
        switch (command.Name)
        {
            case "campaign":
                raft.Campaign();
                break;
            case "tick":
                for (var i = command.Number(1, otherwise: 1); i > 0; i--)
                {
                    raft.Tick();
                }

                break;
            case "propose":
                SayResult(raft.Propose(Encoding.UTF8.GetBytes(command.Words[1])));
                break;
            case "membership":
                SayResult(raft.ProposeMembership(ScriptCommand.ParseMembership(command.Words.Skip(1))));
                break;
            case "read":
                SayUnless(raft.ReadIndex(command.Number(1)), "refused");
                break;
            case "transfer":
                SayUnless(raft.TransferLeadership(command.Words.Count > 1 ? command.Id(1) : null), "refused");
                break;
            case "unreachable":
                raft.Unreachable(command.Id(1));
                break;
            case "snapshot-sent":
                var index = _taken.OfType<SnapshotRequest>().Last(m => m.To == command.Id(1)).Snapshot.Index;
                raft.SnapshotTransferred(command.Id(1), index, command.Words[2] == "ok");
                break;
            default:
                Assert.Fail("no such command: " + command.Name);
                break;
        }
    }

    private void AddNodes(ScriptCommand command)
    {
        var voters = Enumerable.Range(1, command.Number(0)).Select(i => $"{i}v");
        var learners = command.Setting("learner", 0) is var learner and > 0 ? [$"{learner}l"] : Array.Empty<string>();
        _members = ScriptCommand.ParseMembership([.. voters, .. learners]);
        _options = _options with
        {
            InFlightMax = (int)command.Setting("window", 64),
            AppendBytesMax = (int)command.Setting("append", 1 << 20),
        };
        foreach (var member in _members.Members)
        {
            var node = new ScriptNode(member.Id, _options, Say, _network);
            _nodes.Add(node);
            node.Start(RecoveredState.Bootstrap(_members));
            node.Do(_ => { });
        }

        for (var i = command.Setting("spare", 0); i > 0; i--)
        {
            _nodes.Add(new ScriptNode(new NodeId(_nodes.Count + 1), _options, Say, _network));
            _nodes[^1].Start(new RecoveredState(default, null, []));
        }

        _said.Clear();
    }

    private void StartWithLog(ScriptCommand command)
    {
        var entries = new List<LogEntry>();
        foreach (var word in command.Words.Skip(1))
        {
            var index = new LogIndex(entries.Count + 1);
            var term = new Term(long.Parse(word, CultureInfo.InvariantCulture));
            entries.Add(entries.Count == 0
                ? new LogEntry(index, term, EntryKind.Membership, MembershipCodec.Encode(_members))
                : new LogEntry(index, term, EntryKind.Command, Encoding.UTF8.GetBytes($"x{index}")));
        }

        var vote = command.Setting("vote", 0) is var id and > 0 ? new NodeId((int)id) : default(NodeId?);
        var state = new HardState(new Term(command.Setting("term", 1)), vote, new LogIndex(command.Setting("commit", 1)));
        var node = Node(command.Id(0));
        node.Start(new RecoveredState(state, null, entries));
        node.Do(_ => { });
        _said.Clear();
    }

    private List<RaftMessage> Arriving(ScriptCommand command)
    {
        var arriving = _network
            .Where(m => m.To == command.Id(0) && (command.From is null || m.From == command.From))
            .Take((int)command.Setting("count", int.MaxValue))
            .ToList();
        Take(arriving);
        return arriving;
    }

    private void Take(List<RaftMessage> messages)
    {
        messages.ForEach(m => _network.Remove(m));
        _taken.AddRange(messages);
    }

    private void Deliver(RaftMessage message)
    {
        Say("> " + Phrase.Of(message));
        Node(message.To).Do(r => r.Step(message));
    }

    private void Stabilize(List<ScriptNode> nodes)
    {
        var isBusy = true;
        while (isBusy)
        {
            isBusy = false;
            foreach (var node in nodes)
            {
                var arriving = _network.FindAll(m => m.To == node.Id && nodes.Exists(n => n.Id == m.From));
                isBusy |= node.HasWrites || arriving.Count > 0;
                node.CompleteWrites(int.MaxValue);
                Take(arriving);
                arriving.ForEach(Deliver);
            }
        }
    }

    private void SayStatus(ScriptNode node)
    {
        var raft = node.Raft;
        Say($"{node.Id} {raft.Role} term {raft.Term} log {raft.FirstIndex}..{raft.LastIndex} "
            + $"stable {raft.StableIndex} commit {raft.CommitIndex} applied {node.Applied} [{raft.Membership}]");
    }

    private void SayResult(ProposeResult result) =>
        Say(result.Status == ProposeStatus.Accepted
            ? $"accepted at {result.Index}/{result.Term}"
            : $"refused: {result.Status}");

    private void SayUnless(bool ok, string text)
    {
        if (!ok)
        {
            Say(text);
        }
    }

    private void Say(string text) => _said.AppendLine(text);

    private ScriptNode Node(NodeId id) => _nodes.Single(n => n.Id == id);
}
