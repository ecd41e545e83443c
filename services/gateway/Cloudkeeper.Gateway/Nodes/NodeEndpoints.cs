using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;
using static Cloudkeeper.Gateway.OpenApi.CommonParameters;
using static Cloudkeeper.Gateway.OpenApi.ParameterDescription;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>The routes of <c>/v1/nodes</c>.</summary>
internal static class NodeEndpoints
{
    private const string Group = "Nodes";
    private const string Route = NodeLocation.Prefix + "/{**path}";

    private static readonly ParameterCondition OfValue = new("view", [null]);
    private static readonly ParameterCondition OfOne = new("view", null, "stat", "children");
    private static readonly ParameterCondition OfMany = new("view", "children", "subtree");

    public static void MapNodes(this IEndpointRouteBuilder endpoints)
    {
        var reads = endpoints.ServiceProvider.GetRequiredService<NodeReads>();
        var writes = endpoints.ServiceProvider.GetRequiredService<NodeWrites>();
        endpoints.MapRead(Route, reads.GetAsync).Describe(reads.GetAsync, Get);
        endpoints.MapPut(Route, writes.PutAsync).Describe(writes.PutAsync, Put);
        endpoints.MapPost(Route, writes.PostAsync).Describe(writes.PostAsync, Post);
        endpoints.MapDelete(Route, writes.DeleteAsync).Describe(writes.DeleteAsync, Delete);
    }

    private static RouteDescription Get => new(Group, "Read a node, its stat, its children or all below it.")
    {
        Parameters =
        [
            TreePath,
            Query("view", "stat, children, subtree or acl; without it the value."),
            Query("format", "json: the value in an envelope with the stat.") with { Only = OfValue },
            Query("inline", "true: types that browsers run, such as text/html, are not marked as files to be saved.")
                with { Only = OfValue },
            .. Reading,
            Query("wait", "Answer when there is a newer state, at most after this long, up to 60s.") with { Only = OfOne },
            Query("after", "Newer than this revision; without it, than the present state.") with { Only = OfOne },
            Query("session", "Kept alive while the request waits.") with { Only = Waiting },
            Query("depth", "How far below the node a subtree goes; 0: only the node.") with { Only = new("view", "subtree") },
            Query("limit", "Children or nodes of a subtree on one page, 1 to 10000, default 1000.") with { Only = OfMany },
            Query("cursor", "Where the next page begins, as the page before said.") with { Only = OfMany },
            Query("values", "true: children or subtree with their values.") with { Only = OfMany },
            Header("If-Match", "ETags, one of which the node must have."),
            Header("If-None-Match", "ETags that the client has."),
        ],
        Answers =
        [
            new(200, "The value as it was stored; with format=json an Envelope, with view=stat a Node, with view=children a "
                + "ChildrenPage, with view=subtree a SubtreePage, with view=acl an Acl.",
                MediaType: "*/*"),
            new(304, "The client has this state already, or nothing newer came in time."),
        ],
        Problems =
        [
            ErrorKinds.InvalidPath, ErrorKinds.InvalidParameter, ErrorKinds.InvalidRevision, ErrorKinds.InvalidCondition,
            ErrorKinds.NodeNotFound, ErrorKinds.SessionNotFound, ErrorKinds.SessionExpired,
            ErrorKinds.ConditionNodeNotFound, ErrorKinds.RevisionMismatch, ErrorKinds.RevisionNotReached,
        ],
    };

    private static RouteDescription Put => new(Group, "Create a node or replace its value.")
    {
        Parameters = [TreePath, .. Creating, .. Conditions, Header("If-None-Match", "*: create only."), .. Changing],
        HasBytes = true,
        Answers = [new(200, "Replaced.", typeof(Answers.Node)), new(201, "Created.", typeof(Answers.Node))],
        Problems =
        [
            .. Writing, ErrorKinds.InvalidCondition, ErrorKinds.KindMismatch, ErrorKinds.NodeExists,
            ErrorKinds.ConditionNodeNotFound, ErrorKinds.RevisionMismatch, ErrorKinds.VersionMismatch,
        ],
    };

    private static RouteDescription Post => new(Group, "Create a sequential child.")
    {
        Parameters = [TreePath, Query("prefix", "Before the number of ten digits."), .. Creating, .. Changing],
        HasBytes = true,
        Answers = [new(201, "Created; Location says where.", typeof(Answers.Node))],
        Problems = [.. Writing, ErrorKinds.InvalidCondition],
    };

    private static RouteDescription Delete => new(Group, "Delete a node.")
    {
        Parameters = [TreePath, Query("recursive", "true: with everything below it."), .. Conditions, .. Changing],
        Answers = [new(204, "Deleted.")],
        Problems =
        [
            ErrorKinds.InvalidPath, ErrorKinds.InvalidParameter, ErrorKinds.InvalidCondition, ErrorKinds.InvalidFence,
            ErrorKinds.InvalidIdempotencyKey, ErrorKinds.InvalidOperation, ErrorKinds.NodeNotFound,
            ErrorKinds.HasChildren, ErrorKinds.TooManyNodes, ErrorKinds.ConditionNodeNotFound,
            ErrorKinds.RevisionMismatch, ErrorKinds.VersionMismatch, ErrorKinds.FenceLost, ErrorKinds.IdempotencyKeyReuse,
            ErrorKinds.OutcomeUnknown, ErrorKinds.StorageFull,
        ],
    };

    private static IReadOnlyList<ErrorKind> Writing =>
    [
        ErrorKinds.InvalidPath, ErrorKinds.InvalidParameter, ErrorKinds.InvalidFence, ErrorKinds.InvalidIdempotencyKey,
        ErrorKinds.ParentNotFound, ErrorKinds.SessionNotFound, ErrorKinds.EphemeralParent, ErrorKinds.TooManyEphemerals,
        ErrorKinds.TooManyNodes, ErrorKinds.SessionExpired, ErrorKinds.FenceLost, ErrorKinds.ValueTooLarge,
        ErrorKinds.UnsupportedMediaType, ErrorKinds.IdempotencyKeyReuse,
        ErrorKinds.OutcomeUnknown, ErrorKinds.StorageFull,
    ];
}
