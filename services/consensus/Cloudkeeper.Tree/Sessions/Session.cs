using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>A live session. All of it is unchanging but the set of its ephemeral nodes, which follows from the nodes.</summary>
internal sealed class Session(SessionId id, string name, long ttlMilliseconds, long createdAt)
{
    public SessionId Id { get; } = id;

    public string Name { get; } = name;

    public long TtlMilliseconds { get; } = ttlMilliseconds;

    public long CreatedAt { get; } = createdAt;

    /// <summary>In the order of their creation.</summary>
    public BlockList<TreeNode, TreeNode, CreationOrder> Ephemerals { get; } = new();

    public SessionInfo Info => new(Id, Name, TtlMilliseconds, CreatedAt, EndReason: null, LastKeepaliveAt: 0);

    /// <remarks>
    /// It may take the place of a node that was created at this path by the same transaction, and was deleted with its parent:
    /// that one is detached only when the transaction is done.
    /// </remarks>
    public void Attach(TreeNode node) => Ephemerals.Set(node);

    /// <summary>See <see cref="Attach"/>: its place may have been taken.</summary>
    public void Detach(TreeNode node)
    {
        if (ReferenceEquals(Ephemerals.Find(node), node))
        {
            Ephemerals.Remove(node);
        }
    }

    /// <summary>All ephemeral nodes at once: the session has none any more.</summary>
    public TreeNode[] DetachAll()
    {
        var all = Ephemerals.ToArray();
        Ephemerals.Clear();
        return all;
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
