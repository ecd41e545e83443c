using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>A live session. All of it is unchanging but the set of its ephemeral nodes, which follows from the nodes.</summary>
internal sealed class Session(SessionId id, string name, long ttlMilliseconds, long createdAt)
{
    private readonly List<TreeNode> _ephemerals = [];

    public SessionId Id { get; } = id;

    public string Name { get; } = name;

    public long TtlMilliseconds { get; } = ttlMilliseconds;

    public long CreatedAt { get; } = createdAt;

    /// <summary>In no order that means anything.</summary>
    public IReadOnlyList<TreeNode> Ephemerals => _ephemerals;

    public SessionInfo Info => new(Id, Name, TtlMilliseconds, CreatedAt, EndReason: null, LastKeepaliveAt: 0);

    public void Attach(TreeNode node)
    {
        node.SlotOrStart = _ephemerals.Count;
        _ephemerals.Add(node);
    }

    /// <summary>All ephemeral nodes at once: what is left has none.</summary>
    public TreeNode[] DetachAll()
    {
        var all = _ephemerals.ToArray();
        _ephemerals.Clear();
        return all;
    }

    public void Detach(TreeNode node)
    {
        Invariant.Require(ReferenceEquals(_ephemerals[(int)node.SlotOrStart], node));
        var last = _ephemerals[^1];
        _ephemerals[(int)node.SlotOrStart] = last;
        last.SlotOrStart = node.SlotOrStart;
        _ephemerals.RemoveAt(_ephemerals.Count - 1);
    }

    public ulong ComputeHash()
    {
        var hash = new RecordHash(RecordKind.Session);
        hash.Add(Id.Value);
        hash.Add(Name);
        hash.Add(TtlMilliseconds);
        hash.Add(CreatedAt);
        return hash.Value;
    }
}

internal readonly struct SessionOrder : IBlockOrder<long, Session>
{
    public static int Compare(long key, Session item) => key.CompareTo(item.Id.Value);

    public static long KeyOf(Session item) => item.Id.Value;
}
