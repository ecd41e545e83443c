namespace Cloudkeeper.Cluster.Tests.Histories;

/// <summary>One entry of a recorded history; times are of one monotonic clock for all clients.</summary>
public sealed record Operation
{
    public required int Client { get; init; }

    public required int Serial { get; init; }

    public required OperationKind Kind { get; init; }

    public required string Path { get; init; }

    public required long Invoke { get; init; }

    /// <summary><see cref="long.MaxValue"/> while nothing is known of the outcome.</summary>
    public required long Return { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>Of a write its commit, of a read or refusal where it was judged; 0 if unknown.</summary>
    public long Revision { get; init; }

    /// <summary>Written, or read; null for an absent node. Every write of a history has a value of its own.</summary>
    public string? Value { get; init; }

    /// <summary>Of the node that was read or written, for a later condition.</summary>
    public long ModifiedRevision { get; init; }

    /// <summary>Of a <see cref="OperationKind.Replace"/>: the modified revision that it requires.</summary>
    public long ExpectedRevision { get; init; }

    public bool IsRead => Kind is OperationKind.Read or OperationKind.StaleRead;

    /// <summary>Whether it changed the tree, as far as its client knows.</summary>
    public bool IsWrite => !IsRead && Outcome == Outcome.Ok;

    public override string ToString() =>
        $"client {Client} #{Serial} {Kind} {Path} = {Value ?? "absent"}: {Outcome} at {Revision} [{Invoke}, {Return}]";
}

/// <summary>What a client asked for.</summary>
public enum OperationKind
{
    /// <summary>A linearizable read.</summary>
    Read,

    /// <summary>A read that may be old but never wrong: judged by value only.</summary>
    StaleRead,

    /// <summary>PUT without a condition.</summary>
    Put,

    /// <summary>PUT with <c>If-None-Match: *</c>.</summary>
    Create,

    /// <summary>PUT with <c>If-Match</c> and the modified revision that the client believes in.</summary>
    Replace,

    /// <summary>DELETE without a condition.</summary>
    Delete,
}

/// <summary>What the client knows of the outcome.</summary>
public enum Outcome
{
    /// <summary>Done; for a read of an absent node too.</summary>
    Ok,

    /// <summary>The server answered that the condition did not hold at the revision it gave.</summary>
    Refused,

    /// <summary>No answer, or one that leaves it open.</summary>
    Unknown,
}

/// <summary>One change from the cluster's own record: the watch of the whole tree from its beginning.</summary>
/// <param name="Value">Null: the node was deleted.</param>
public sealed record Change(long Revision, string Path, string? Value);
