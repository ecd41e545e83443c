using System.Globalization;
using System.Text;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Tree.Tests;

/// <summary>
/// The rules of nodes, transactions and sessions once more, as plainly as possible: copies instead of undoing.
/// </summary>
internal sealed class NaiveTree
{
    private readonly SortedSet<long> _ended = [];
    private readonly SortedSet<long> _live = [];
    private SortedDictionary<string, NaiveNode> _nodes = new(StringComparer.Ordinal) { ["/"] = new NaiveNode() };
    private long _time;

    public long Revision { get; private set; }

    public IEnumerable<string> Paths => _nodes.Keys;

    public NodeStat StatOf(string path)
    {
        var node = _nodes[path];
        var children = _nodes.Keys.Count(other => other != "/" && NodePath.ParentOf(other) == path);
        return new NodeStat(
            new(node.Created), new(node.Modified), new(node.ChildrenRevision), node.CreatedAt, node.ModifiedAt,
            node.Version, (2 * node.Creations) - children, 0, node.Kind, node.Owner, node.Ttl, node.Value.Length, children);
    }

    public string ValueOf(string path) => Encoding.UTF8.GetString(_nodes[path].Value);

    public ResultCode Apply(Command command, long time)
    {
        _time = Math.Max(_time, time);
        var before = Copy();
        var code = Run(command, out var changesSessions);
        if (code == ResultCode.Ok && (changesSessions || !HasSameNodes(before)))
        {
            Revision++;
        }
        else
        {
            _nodes = before;
        }

        return code;
    }

    private ResultCode Run(Command command, out bool changesSessions)
    {
        changesSessions = false;
        switch (command)
        {
            case MutationCommand mutation:
                return Run(mutation.Operation);
            case TransactionCommand transaction:
                var branch = transaction.If.All(Holds) ? transaction.Then : transaction.Else;
                return branch.Any(operation => Run(operation) != ResultCode.Ok) ? ResultCode.TransactionFailed : ResultCode.Ok;
            case OpenSessionCommand open:
                changesSessions = open.TtlMilliseconds >= Limits.SessionTtlMillisecondsMin;
                return changesSessions && _live.Add(Revision + 1) ? ResultCode.Ok : ResultCode.InvalidOperation;
            case CloseSessionCommand close:
                changesSessions = End(close.Session);
                return changesSessions ? ResultCode.Ok : Missing(close.Session);
            default:
                foreach (var expired in ((ExpireSessionsCommand)command).Sessions)
                {
                    changesSessions |= End(expired.Session);
                }

                return ResultCode.Ok;
        }
    }

    private ResultCode Run(Operation operation) => operation switch
    {
        WriteOperation write => Write(write),
        CreateSequentialOperation create => CreateSequential(create),
        DeleteOperation delete => Delete(delete),
        AddOperation add => Add(add),
        _ => ResultCode.Ok,
    };

    private ResultCode Write(WriteOperation write)
    {
        if (write.Session is { } session && !_live.Contains(session.Value))
        {
            return Missing(session);
        }

        if (!_nodes.TryGetValue(write.Path, out var node))
        {
            if (write.Mode == WriteMode.Set || write.IfVersion is not null)
            {
                return ResultCode.NodeNotFound;
            }

            return Create(write.Path, write.Parents, new NaiveNode
            {
                Value = write.Value.ToArray(),
                Kind = write.Kind,
                Owner = write.Session,
                Ttl = write.TtlMilliseconds,
            });
        }

        if (write.Mode == WriteMode.Create)
        {
            return ResultCode.NodeExists;
        }

        if (write.IfVersion is { } version && version != -1 && version != node.Version)
        {
            return ResultCode.VersionMismatch;
        }

        if (write.KindGiven && (write.Kind != node.Kind || write.Session != node.Owner))
        {
            return ResultCode.KindMismatch;
        }

        _nodes[write.Path] = node with
        {
            Value = write.Value.ToArray(),
            Modified = Revision + 1,
            ModifiedAt = _time,
            Version = node.Version + 1,
            Ttl = write.KindGiven ? write.TtlMilliseconds : node.Ttl,
        };
        return ResultCode.Ok;
    }

    private ResultCode Create(string path, bool parents, NaiveNode node)
    {
        var parentPath = NodePath.ParentOf(path);
        if (!_nodes.ContainsKey(parentPath))
        {
            if (!parents)
            {
                return ResultCode.ParentNotFound;
            }

            if (Create(parentPath, parents, new NaiveNode()) is not ResultCode.Ok and var refusal)
            {
                return refusal;
            }
        }

        var parent = _nodes[parentPath];
        if (parent.Kind == NodeKind.Ephemeral)
        {
            return ResultCode.EphemeralParent;
        }

        _nodes[parentPath] = parent with { Creations = parent.Creations + 1, ChildrenRevision = Revision + 1 };
        _nodes[path] = node with
        {
            Created = Revision + 1,
            Modified = Revision + 1,
            ChildrenRevision = Revision + 1,
            CreatedAt = _time,
            ModifiedAt = _time,
        };
        return ResultCode.Ok;
    }

    private ResultCode CreateSequential(CreateSequentialOperation create)
    {
        if (create.Session is { } session && !_live.Contains(session.Value))
        {
            return Missing(session);
        }

        if (!_nodes.ContainsKey(create.Parent)
            && Create(create.Parent, true, new NaiveNode()) is not ResultCode.Ok and var refusal)
        {
            return refusal;
        }

        var number = _nodes[create.Parent].Creations.ToString("D10", CultureInfo.InvariantCulture);
        return Create(NodePath.Join(create.Parent, create.Prefix + number), false, new NaiveNode
        {
            Value = create.Value.ToArray(),
            Kind = create.Kind,
            Owner = create.Session,
            Ttl = create.TtlMilliseconds,
        });
    }

    private ResultCode Delete(DeleteOperation delete)
    {
        if (!_nodes.TryGetValue(delete.Path, out var node))
        {
            return ResultCode.NodeNotFound;
        }

        if (delete.IfVersion is { } version && version != -1 && version != node.Version)
        {
            return ResultCode.VersionMismatch;
        }

        var subtree = _nodes.Keys.Where(path => NodePath.IsSameOrBelow(path, delete.Path)).ToArray();
        if (subtree.Length > 1 && !delete.Recursive)
        {
            return ResultCode.HasChildren;
        }

        Array.ForEach(subtree, path => _nodes.Remove(path));
        var parent = NodePath.ParentOf(delete.Path);
        _nodes[parent] = _nodes[parent] with { ChildrenRevision = Revision + 1 };
        return ResultCode.Ok;
    }

    private ResultCode Add(AddOperation add)
    {
        var value = 0L;
        if (_nodes.TryGetValue(add.Path, out var node)
            && !long.TryParse(Encoding.UTF8.GetString(node.Value), CultureInfo.InvariantCulture, out value))
        {
            return ResultCode.NotACounter;
        }

        if (value is < -(1L << 53) or > 1L << 53)
        {
            return ResultCode.NotACounter;
        }

        var sum = (value + add.Amount).ToString(CultureInfo.InvariantCulture);
        return Math.Abs(value + add.Amount) > 1L << 53
            ? ResultCode.CounterOverflow
            : Write(new WriteOperation(add.Path, Encoding.UTF8.GetBytes(sum), "text/plain", Parents: true));
    }

    private bool Holds(Condition condition) => _nodes.ContainsKey(condition.Path) == (condition.Exists ?? true);

    private bool End(SessionId session)
    {
        foreach (var path in _nodes.Where(pair => pair.Value.Owner == session).Select(pair => pair.Key).ToArray())
        {
            Delete(new DeleteOperation(path));
        }

        return _live.Remove(session.Value) && _ended.Add(session.Value);
    }

    private ResultCode Missing(SessionId session) =>
        _ended.Contains(session.Value) ? ResultCode.SessionExpired : ResultCode.SessionNotFound;

    private SortedDictionary<string, NaiveNode> Copy() => new(_nodes, StringComparer.Ordinal);

    // Whether the nodes are the same ones with the same values; what their parents count does not matter.
    private bool HasSameNodes(SortedDictionary<string, NaiveNode> before) => before.Count == _nodes.Count
        && before.All(pair => _nodes.TryGetValue(pair.Key, out var node)
            && node.Created == pair.Value.Created && node.Modified == pair.Value.Modified);

    private sealed record NaiveNode
    {
        public byte[] Value { get; init; } = [];

        public long Created { get; init; }

        public long Modified { get; init; }

        public long ChildrenRevision { get; init; }

        public long CreatedAt { get; init; }

        public long ModifiedAt { get; init; }

        public int Version { get; init; }

        public int Creations { get; init; }

        public NodeKind Kind { get; init; }

        public SessionId? Owner { get; init; }

        public long Ttl { get; init; }
    }
}
