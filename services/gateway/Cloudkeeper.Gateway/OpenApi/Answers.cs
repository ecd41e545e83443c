using System.Text.Json.Serialization;

namespace Cloudkeeper.Gateway.OpenApi;

/// <summary>
/// The shapes of answers, for the document. They are written member by member elsewhere; the tests read every kind of
/// answer with these, strictly, so that neither drifts from the other.
/// </summary>
internal static class Answers
{
    /// <summary>RFC 9457.</summary>
    internal sealed record Problem(string Type, string Title, int Status, string Code, string Detail, long? Revision = null);

    internal sealed record Stat(
        long CreatedRevision,
        long ModifiedRevision,
        long ChildrenRevision,
        int Version,
        int ChildrenVersion,
        int AclVersion,
        DateTimeOffset CreatedAt,
        DateTimeOffset ModifiedAt,
        string Kind,
        long? EphemeralOwner,
        string? Ttl,
        int DataLength,
        int ChildCount);

    internal sealed record Node(string Path, string ContentType, Stat Stat);

    internal sealed record Envelope(string Path, string Value, string Encoding, string ContentType, Stat Stat);

    internal sealed record Child(
        string Name, string ContentType, Stat Stat, string? Value = null, string? Encoding = null);

    internal sealed record ChildrenPage(
        string Path, long Revision, IReadOnlyList<Child> Children, string? Cursor = null);

    internal sealed record SubtreeNode(
        string Path, string ContentType, Stat Stat, string? Value = null, string? Encoding = null);

    internal sealed record SubtreePage(
        string Path, long Revision, IReadOnlyList<SubtreeNode> Nodes, string? Cursor = null);

    internal sealed record AclEntry(string Scheme, string Id, string Permissions);

    internal sealed record Acl(
        string Path, [property: JsonPropertyName("acl")] IReadOnlyList<AclEntry> Entries, int AclVersion);

    /// <param name="Value">Of a get the node's value, of an add the counter's.</param>
    internal sealed record OperationResult(
        string Path,
        bool? Exists = null,
        object? Value = null,
        string? Encoding = null,
        string? ContentType = null,
        Stat? Stat = null);

    internal sealed record Transaction(bool Succeeded, long Revision, IReadOnlyList<OperationResult> Results);

    internal sealed record Session(
        long Id,
        string Name,
        string Ttl,
        string? ExpiresIn,
        DateTimeOffset CreatedAt,
        IReadOnlyList<string>? Ephemerals = null,
        string? Cursor = null);

    internal sealed record SessionPage(IReadOnlyList<Session> Sessions, string? Cursor = null);

    internal sealed record Keepalive(long Id, string ExpiresIn);

    internal sealed record KeepaliveResult(long Id, string Status, string? ExpiresIn = null);

    internal sealed record KeepaliveResults(IReadOnlyList<KeepaliveResult> Results);

    internal sealed record Ticket(
        [property: JsonPropertyName("ticket")] long Number,
        string Recipe,
        string Path,
        string State,
        int Position,
        long FencingToken,
        long Session,
        string Owner,
        string? ExpiresIn);

    internal sealed record Lock(
        string Path, IReadOnlyList<Ticket> Holders, IReadOnlyList<Ticket> Waiting, string? Cursor = null);

    internal sealed record Member(
        string Id,
        string Url,
        string Role,
        string State,
        long? MatchIndex,
        long? Lag,
        double? Progress,
        string? Version,
        CatchUp? CatchUp);

    /// <param name="Phase"><c>snapshot</c>, then <c>log</c>.</param>
    internal sealed record CatchUp(
        string Phase, long? BytesSent, long? BytesTotal, long? EntriesLeft, double Percent, double? SecondsLeft);

    internal sealed record Gateway(string Instance, string? Address);

    /// <param name="LevelHeldBy">Who keeps the cluster at its feature level although others know the next.</param>
    internal sealed record Cluster(
        string Id,
        string? Leader,
        long Term,
        long Revision,
        IReadOnlyList<Member> Members,
        IReadOnlyList<Gateway> Gateways,
        int? FeatureLevel = null,
        IReadOnlyList<string>? LevelHeldBy = null);

    internal sealed record Joining([property: JsonPropertyName("joining")] IReadOnlyList<string> Nodes);

    internal sealed record DryRun([property: JsonPropertyName("dryRun")] bool IsDryRun);
}
