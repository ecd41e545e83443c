using System.Text;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.Locks;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Reads;

/// <summary>
/// Answers questions about the present state. It leaves open when a session expires, which only a leader knows.
/// </summary>
internal sealed class ReadHandler(TreeState state)
{
    private const long Unknown = -1;

    /// <summary>
    /// A page has no more bytes than this, or one entry: about two milliseconds of the replica's turn. As many entries
    /// as a page may have fit in, if they are ordinary ones without values.
    /// </summary>
    private const int PageBytesMax = 2 << 20;

    /// <summary>The size of an entry of a page besides its texts and its value: the stat and the lengths.</summary>
    private const int EntryBytes = 128;

    /// <summary>The memory of a text besides its bytes: here, and where it is passed on.</summary>
    private const int TextBytes = 32;

    public ReadResult Read(ReadRequest request) => request switch
    {
        ReadNodeRequest node => ReadNode(node),
        ReadChildrenRequest children => ReadChildren(children),
        ReadSubtreeRequest subtree => ReadSubtree(subtree),
        ReadSessionRequest session => ReadSession(session),
        ReadSessionsRequest sessions => ReadSessions(sessions),
        ReadTicketRequest ticket => ReadTicket(ticket),
        ReadLockRequest held => ReadLock(held),
        ReadChangeRequest change => ReadChange(change),
        ReadGatewaysRequest => new ReadGatewaysResult(ResultCode.Ok, [.. state.Gateways.All]),
        _ => throw Invariant.Unreachable(request),
    };

    private static int PageSize(int limit) => Math.Clamp(limit, 1, Limits.PageSizeMax);

    private ReadNodeResult ReadNode(ReadNodeRequest request)
    {
        if (!NodeRules.IsValidPath(request.Path))
        {
            return new ReadNodeResult(ResultCode.InvalidPath, Stat: null, "", default, Revision.Zero);
        }

        if (state.Nodes.Find(request.Path) is not { } node)
        {
            var absentSince = state.Tombstones.DeletedAt(request.Path);
            return new ReadNodeResult(ResultCode.NodeNotFound, Stat: null, "", default, absentSince);
        }

        ReadOnlyMemory<byte> value = request.WithValue ? node.Value : default;
        return new ReadNodeResult(ResultCode.Ok, node.Stat, node.ContentType, value, Revision.Zero);
    }

    private ReadChildrenResult ReadChildren(ReadChildrenRequest request)
    {
        if (!NodeRules.IsValidPath(request.Path))
        {
            return new ReadChildrenResult(ResultCode.InvalidPath, Stat: null, Revision.Zero, [], HasMore: false);
        }

        if (state.Nodes.Find(request.Path) is not { } node)
        {
            var absentSince = state.Tombstones.DeletedAt(request.Path);
            return new ReadChildrenResult(ResultCode.NodeNotFound, Stat: null, absentSince, [], HasMore: false);
        }

        var entries = new List<ChildEntry>();
        var hasMore = node.Children is { } children && ReadPage(children, request, entries);
        return new ReadChildrenResult(ResultCode.Ok, node.Stat, Revision.Zero, entries, hasMore);
    }

    private static bool ReadPage(NodeChildren children, ReadChildrenRequest request, List<ChildEntry> into)
    {
        var cursor = children.After(request.After);
        var bytes = 0L;
        while (cursor.MoveNext())
        {
            var child = cursor.Current;
            ReadOnlyMemory<byte> value = request.WithValues ? child.Value : default;
            bytes += SizeOf(child.Name, child, value);
            if (IsFull(into.Count, request.Limit, bytes))
            {
                return true;
            }

            into.Add(new ChildEntry(child.Name, child.ContentType, child.Stat, value));
        }

        return false;
    }

    private ReadSubtreeResult ReadSubtree(ReadSubtreeRequest request)
    {
        var isFirstPage = request.After.Length == 0;
        if (!NodeRules.IsValidPath(request.Path)
            || !(isFirstPage || (NodeRules.IsValidPath(request.After) && PathOrderWalk.IsWithin(request.Path, request.After))))
        {
            return new ReadSubtreeResult(ResultCode.InvalidPath, Revision.Zero, [], HasMore: false);
        }

        if (state.Nodes.Find(request.Path) is not { } top)
        {
            var absentSince = state.Tombstones.DeletedAt(request.Path);
            return new ReadSubtreeResult(ResultCode.NodeNotFound, absentSince, [], HasMore: false);
        }

        var walk = new PathOrderWalk(top, request.DepthMax);
        if (!isFirstPage)
        {
            walk.SkipThrough(request.After);
        }

        var entries = new List<SubtreeEntry>();
        var hasMore = ReadPage(walk, request, entries);
        return new ReadSubtreeResult(ResultCode.Ok, Revision.Zero, entries, hasMore);
    }

    private static bool ReadPage(PathOrderWalk walk, ReadSubtreeRequest request, List<SubtreeEntry> into)
    {
        var bytes = 0L;
        while (walk.Next() is { } node)
        {
            var path = node.GetPath();
            ReadOnlyMemory<byte> value = request.WithValues ? node.Value : default;
            bytes += SizeOf(path, node, value);
            if (IsFull(into.Count, request.Limit, bytes))
            {
                return true;
            }

            into.Add(new SubtreeEntry(path, node.ContentType, node.Stat, value));
        }

        return false;
    }

    private static long SizeOf(string name, TreeNode node, ReadOnlyMemory<byte> value) =>
        EntryBytes + Encoding.UTF8.GetByteCount(name) + node.ContentType.Length + value.Length;

    /// <summary>Whether a page has no room for one more entry.</summary>
    /// <param name="bytes">With that entry.</param>
    private static bool IsFull(int count, int limit, long bytes) =>
        count >= PageSize(limit) || (count > 0 && bytes > PageBytesMax);

    private ReadSessionResult ReadSession(ReadSessionRequest request)
    {
        if (!IsValid(request.Page))
        {
            return new ReadSessionResult(ResultCode.InvalidPath, null, [], Unknown);
        }

        if (state.Sessions.Find(request.Session) is not { } session)
        {
            var missing = state.Sessions.Missing(request.Session);
            return new ReadSessionResult(missing.Code, missing.Body as SessionInfo, [], Unknown);
        }

        var paths = new List<string>();
        var bytes = 0L;
        TreeNode? last = null;
        var cursor = request.Page?.After is { } after
            ? session.Ephemerals.After(CreationOrder.KeyOf(after))
            : session.Ephemerals.Start();
        while (cursor.MoveNext())
        {
            var path = cursor.Current.GetPath();
            bytes += TextBytes + Encoding.UTF8.GetByteCount(path);
            if (IsFull(paths.Count, LimitOf(request.Page), bytes))
            {
                return new ReadSessionResult(ResultCode.Ok, session.Info, paths, Unknown) { More = MoreOf(request.Page, last) };
            }

            paths.Add(path);
            last = cursor.Current;
        }

        return new ReadSessionResult(ResultCode.Ok, session.Info, paths, Unknown);
    }

    private ReadSessionsResult ReadSessions(ReadSessionsRequest request)
    {
        var entries = new List<SessionEntry>();
        var bytes = 0L;
        var cursor = state.Sessions.After(request.After);
        while (cursor.MoveNext())
        {
            bytes += EntryBytes + Encoding.UTF8.GetByteCount(cursor.Current.Name);
            if (IsFull(entries.Count, request.Limit, bytes))
            {
                return new ReadSessionsResult(ResultCode.Ok, entries, HasMore: true);
            }

            entries.Add(new SessionEntry(cursor.Current.Info, Unknown));
        }

        return new ReadSessionsResult(ResultCode.Ok, entries, HasMore: false);
    }

    private ReadTicketResult ReadTicket(ReadTicketRequest request) =>
        state.Nodes.Tickets.Find(request.Ticket) is { } node
            ? new ReadTicketResult(ResultCode.Ok, LockCommands.Describe(node), Unknown)
            : new ReadTicketResult(ResultCode.TicketNotFound, Ticket: null, Unknown);

    private ReadLockResult ReadLock(ReadLockRequest request)
    {
        if (!NodeRules.IsValidPath(request.Path) || !IsValid(request.Page))
        {
            return new ReadLockResult(ResultCode.InvalidPath, []);
        }

        var tickets = new List<ReadTicketResult>();
        if (state.Nodes.Find(request.Path)?.Children is not { } children)
        {
            return new ReadLockResult(ResultCode.Ok, tickets);
        }

        var bytes = 0L;
        TreeNode? last = null;
        var cursor = children.Queue.After(request.Page?.After, out var position);
        while (cursor.MoveNext())
        {
            var ticket = LockCommands.Describe(cursor.Current, position++);
            bytes += EntryBytes + Encoding.UTF8.GetByteCount(ticket.Path) + Encoding.UTF8.GetByteCount(ticket.Node)
                + cursor.Current.Value.Length;
            if (IsFull(tickets.Count, LimitOf(request.Page), bytes))
            {
                return new ReadLockResult(ResultCode.Ok, tickets) { More = MoreOf(request.Page, last) };
            }

            tickets.Add(new ReadTicketResult(ResultCode.Ok, ticket, Unknown));
            last = cursor.Current;
        }

        return new ReadLockResult(ResultCode.Ok, tickets);
    }

    private static bool IsValid(ArrivalPage? page) => page?.After is not { } after || NodeRules.IsValidPath(after.Path);

    private static int LimitOf(ArrivalPage? page) => page?.Limit ?? Limits.PageSizeMax;

    /// <summary>A client that did not ask for a page does not know that there are several.</summary>
    private static Arrival? MoreOf(ArrivalPage? page, TreeNode? last) =>
        page is null || last is null ? null : new Arrival(last.CreatedRevision, last.GetPath());

    private ReadChangeResult ReadChange(ReadChangeRequest request)
    {
        var oldest = state.History.StatusOf(request.Revision).OldestRevision;
        if (request.Revision <= state.History.CompactedTo)
        {
            return new ReadChangeResult(ResultCode.RevisionCompacted, Change: null, oldest);
        }

        return state.History.Find(request.Revision, request.Path) is { } change
            ? Describe(WithPresentValue(change, request.Revision), oldest)
            : new ReadChangeResult(ResultCode.NodeNotFound, Change: null, oldest);
    }

    /// <summary>The code shows whether it is whole; the rest of it may be all that is wanted.</summary>
    private static ReadChangeResult Describe(Change change, Revision oldest)
    {
        var isWhole = change.Value is null == (change.Type == ChangeType.Deleted)
            && change.Previous is null == (change.Type == ChangeType.Created);
        return new ReadChangeResult(isWhole ? ResultCode.Ok : ResultCode.RevisionCompacted, change, oldest);
    }

    /// <summary>A value that the history has lost is still there as long as no other one was written.</summary>
    private Change WithPresentValue(Change change, Revision revision) =>
        change is { Value: null, Type: not ChangeType.Deleted }
            && state.Nodes.Find(change.Path) is { } node && node.ModifiedRevision == revision
            ? change with { Value = node.Value }
            : change;
}
