namespace Cloudkeeper.Protocol.Commands;

/// <summary>One step of a command on the tree.</summary>
public abstract record Operation;

public enum WriteMode : byte
{
    /// <summary>Create or replace.</summary>
    Put = 0,

    /// <summary>The node must not exist (<see cref="Errors.ResultCode.NodeExists"/>).</summary>
    Create = 1,

    /// <summary>The node must exist (<see cref="Errors.ResultCode.NodeNotFound"/>).</summary>
    Set = 2,
}

/// <summary>Writes a value at a path.</summary>
/// <param name="Kind">Of a node that is created; an existing one must be of it when <paramref name="KindGiven"/>.</param>
/// <param name="KindGiven">The client named a kind (a session, a TTL, a kind): another kind is <c>kind-mismatch</c>.</param>
/// <param name="Session">The owner when <paramref name="Kind"/> is ephemeral.</param>
/// <param name="Parents">Create missing parents (persistent, empty).</param>
/// <param name="IfRevision">Only if the node exists with this modified revision.</param>
/// <param name="IfVersion">Only if the node exists with this version; -1: any version, but it must exist.</param>
public sealed record WriteOperation(
    string Path,
    ReadOnlyMemory<byte> Value,
    string ContentType,
    WriteMode Mode = WriteMode.Put,
    NodeKind Kind = NodeKind.Persistent,
    bool KindGiven = false,
    SessionId? Session = null,
    long TtlMilliseconds = 0,
    bool Parents = false,
    Revision? IfRevision = null,
    int? IfVersion = null) : Operation;

/// <summary>Creates a child named prefix + the parent's count of creations as <c>%010d</c>.</summary>
public sealed record CreateSequentialOperation(
    string Parent,
    string Prefix,
    ReadOnlyMemory<byte> Value,
    string ContentType,
    NodeKind Kind = NodeKind.Persistent,
    SessionId? Session = null,
    long TtlMilliseconds = 0,
    bool Parents = false) : Operation;

/// <summary>Deletes a node; with <paramref name="Recursive"/> everything below it as well.</summary>
public sealed record DeleteOperation(
    string Path,
    bool Recursive = false,
    Revision? IfRevision = null,
    int? IfVersion = null) : Operation;

/// <summary>Reads inside a transaction: sees the operations before it.</summary>
public sealed record GetOperation(string Path) : Operation;

/// <summary>Adds to a counter, a node that holds decimal text; absent: created at 0 first.</summary>
public sealed record AddOperation(string Path, long Amount) : Operation;
