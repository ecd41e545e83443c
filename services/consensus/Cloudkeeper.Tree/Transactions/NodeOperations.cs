using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>The operations on nodes: writes, sequential creations, deletions.</summary>
/// <remarks>
/// The order of the checks is part of the contract: the path, the session, the present node and the conditions on it,
/// then a creation's demands on its session and on the parent.
/// </remarks>
internal sealed class NodeOperations(TreeState state, TransactionBounds bounds)
{
    public Outcome Write(Transaction transaction, WriteOperation operation)
    {
        if (CheckWrite(operation) is { } refusal)
        {
            return refusal;
        }

        return state.Nodes.Find(operation.Path) is { } node
            ? Replace(transaction, node, operation)
            : CreateAt(transaction, operation);
    }

    public Outcome CreateSequential(Transaction transaction, CreateSequentialOperation operation)
    {
        if (!NodeRules.IsValidPath(operation.Parent))
        {
            return Outcome.Refused(ResultCode.InvalidPath);
        }

        var refusal = NodeRules.CheckValue(operation.Value, operation.ContentType)
            ?? NodeRules.CheckKind(operation.Kind, operation.Session, operation.TtlMilliseconds)
            ?? CheckSession(operation.Session);
        if (refusal is { } refused)
        {
            return refused;
        }

        if (CheckEphemerals(operation.Session) is { } tooMany)
        {
            return tooMany;
        }

        if (FindParent(transaction, operation.Parent, operation.Parents, NodeKind.Persistent, out var parent) is { } lost)
        {
            return lost;
        }

        var name = operation.Prefix + NodeRules.Sequence(parent!.Creations);
        var path = NodePath.Join(operation.Parent, name);
        if (operation.Prefix.Contains('/', StringComparison.Ordinal) || !NodeRules.IsValidPath(path))
        {
            return Outcome.Refused(ResultCode.InvalidPath);
        }

        if (parent.Children?.Find(name) is { } existing)
        {
            return Outcome.Refused(ResultCode.NodeExists, Describe(path, existing));
        }

        var content = ContentOf(
            operation.Value, operation.ContentType, operation.Kind, operation.Session, operation.TtlMilliseconds);
        var node = state.Nodes.Create(transaction, parent, name, content);
        return Outcome.Ok(Describe(path, node, created: true));
    }

    public Outcome Delete(Transaction transaction, DeleteOperation operation)
    {
        if (!NodeRules.IsValidPath(operation.Path))
        {
            return Outcome.Refused(ResultCode.InvalidPath);
        }

        if (operation.Path == NodePath.Root)
        {
            return Outcome.Refused(ResultCode.InvalidOperation);
        }

        if (state.Nodes.Find(operation.Path) is not { } node)
        {
            return Outcome.Refused(ResultCode.NodeNotFound);
        }

        if (CheckConditions(node, operation.Path, operation.IfRevision, operation.IfVersion) is { } mismatch)
        {
            return mismatch;
        }

        if (node.ChildCount > 0 && !operation.Recursive)
        {
            return Outcome.Refused(ResultCode.HasChildren, Describe(operation.Path, node));
        }

        if (bounds.CheckDeletion(transaction, node) is { } tooMany)
        {
            return tooMany;
        }

        state.Nodes.Delete(transaction, node);
        return Outcome.Ok(new NodeResult(operation.Path, node.ContentType, Stat: null, Created: false));
    }

    public Outcome Get(GetOperation operation)
    {
        if (!NodeRules.IsValidPath(operation.Path))
        {
            return Outcome.Refused(ResultCode.InvalidPath);
        }

        return Outcome.Ok(state.Nodes.Find(operation.Path) is { } node
            ? new GetResult(operation.Path, node.ContentType, node.Value, node.Stat)
            : new GetResult(operation.Path, "", default, Stat: null));
    }

    /// <summary>Finds the node that is to get a child, or creates it with all of its parents.</summary>
    /// <returns>The refusal, or null.</returns>
    public Outcome? FindParent(
        Transaction transaction, ReadOnlySpan<char> path, bool create, NodeKind kind, out TreeNode? parent)
    {
        parent = state.Nodes.Root;
        var missing = new PathSegments(path);
        var isMissing = missing.MoveNext();
        while (isMissing && parent.Children?.Find(missing.Current) is { } child)
        {
            parent = child;
            isMissing = missing.MoveNext();
        }

        if (isMissing && !create)
        {
            return Outcome.Refused(ResultCode.ParentNotFound);
        }

        if (parent.Kind == NodeKind.Ephemeral)
        {
            return Outcome.Refused(ResultCode.EphemeralParent);
        }

        if (isMissing && bounds.CheckParents(transaction, 1 + missing.CountRest()) is { } tooMany)
        {
            return tooMany;
        }

        for (; isMissing; isMissing = missing.MoveNext())
        {
            var content = new NodeContent([], NodeRules.NoContentType, kind);
            parent = state.Nodes.Create(transaction, parent, missing.Current.ToString(), content);
        }

        return null;
    }

    /// <returns>The refusal, or null when the session lives or none is named.</returns>
    public Outcome? CheckSession(SessionId? session) =>
        session is { } id && state.Sessions.Find(id) is null ? state.Sessions.Missing(id) : null;

    /// <param name="session">The owner of the node that is to be created; null: it has none.</param>
    /// <returns>The refusal, or null.</returns>
    public Outcome? CheckEphemerals(SessionId? session) =>
        bounds.CheckEphemerals(session is { } id ? state.Sessions.Find(id) : null);

    private static NodeResult Describe(string path, TreeNode node, bool created = false) =>
        new(path, node.ContentType, node.Stat, created);

    private static Outcome? CheckConditions(TreeNode node, string path, Revision? revision, int? version)
    {
        if (revision is { } wanted && wanted != node.ModifiedRevision)
        {
            return Outcome.Refused(ResultCode.RevisionMismatch, Describe(path, node));
        }

        return version is { } number && number != NodeRules.AnyVersion && number != node.Version
            ? Outcome.Refused(ResultCode.VersionMismatch, Describe(path, node))
            : null;
    }

    private Outcome? CheckWrite(WriteOperation operation) => !NodeRules.IsValidPath(operation.Path)
        ? Outcome.Refused(ResultCode.InvalidPath)
        : NodeRules.CheckValue(operation.Value, operation.ContentType)
            ?? NodeRules.CheckKind(operation.Kind, operation.Session, operation.TtlMilliseconds)
            ?? CheckSession(operation.Session);

    private Outcome Replace(Transaction transaction, TreeNode node, WriteOperation operation)
    {
        var path = operation.Path;
        if (operation.Mode == WriteMode.Create)
        {
            return Outcome.Refused(ResultCode.NodeExists, Describe(path, node));
        }

        if (CheckConditions(node, path, operation.IfRevision, operation.IfVersion) is { } mismatch)
        {
            return mismatch;
        }

        // An ephemeral node of another session would vanish with that one, against the promise to this client.
        if (operation.KindGiven && (operation.Kind != node.Kind || operation.Session != node.Owner))
        {
            return Outcome.Refused(ResultCode.KindMismatch, Describe(path, node));
        }

        var ttl = operation.KindGiven ? operation.TtlMilliseconds : node.TtlMilliseconds;
        var contentType = state.ContentTypes.Intern(operation.ContentType);
        state.Nodes.SetValue(transaction, node, NodeRules.Own(operation.Value), contentType, ttl);
        return Outcome.Ok(Describe(path, node));
    }

    private Outcome CreateAt(Transaction transaction, WriteOperation operation)
    {
        if (operation is { Mode: WriteMode.Set } or { IfRevision: not null } or { IfVersion: not null })
        {
            return Outcome.Refused(ResultCode.NodeNotFound);
        }

        if (CheckEphemerals(operation.Session) is { } tooMany)
        {
            return tooMany;
        }

        var path = operation.Path;
        var parentPath = path.AsSpan(0, Math.Max(1, path.LastIndexOf('/')));
        if (FindParent(transaction, parentPath, operation.Parents, NodeKind.Persistent, out var parent) is { } refusal)
        {
            return refusal;
        }

        var content = ContentOf(
            operation.Value, operation.ContentType, operation.Kind, operation.Session, operation.TtlMilliseconds);
        var node = state.Nodes.Create(transaction, parent!, NodePath.NameOf(path), content);
        return Outcome.Ok(Describe(path, node, created: true));
    }

    private NodeContent ContentOf(
        ReadOnlyMemory<byte> value, string contentType, NodeKind kind, SessionId? session, long ttlMilliseconds) =>
        new(NodeRules.Own(value), state.ContentTypes.Intern(contentType), kind, session?.Value ?? ttlMilliseconds);
}
