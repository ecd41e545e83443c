using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Simulation.Invariants.Linearizability;

/// <summary>One node without children, as a single copy would hold it: the sequential model.</summary>
/// <param name="Version">0 when it is created, one more with each replacement.</param>
/// <param name="Modified">By which its writer knows it, and conditions name it: a name, not an order.</param>
/// <param name="Value">A hash.</param>
internal readonly record struct KeyState(bool Exists, int Version, Revision Modified, ulong Value)
{
    /// <summary>A write; null: it cannot have come to this result.</summary>
    /// <param name="told">The stat in the client's answer; null: only that it was written.</param>
    public KeyState? Write(WriteOperation write, ResultCode code, Revision revision, NodeStat? told)
    {
        if (RefusalOf(write) != code)
        {
            return null;
        }

        if (code != ResultCode.Ok)
        {
            return this;
        }

        var after = new KeyState(true, Exists ? Version + 1 : 0, revision, Hash.Of(write.Value.Span));
        return told is not { } stat || (stat.Version == after.Version && stat.ModifiedRevision == revision) ? after : null;
    }

    public KeyState? Delete(DeleteOperation delete, ResultCode code)
    {
        var refusal = Exists ? Mismatch(delete.IfRevision, delete.IfVersion) : ResultCode.NodeNotFound;
        return refusal != code ? null : code == ResultCode.Ok ? default(KeyState) : this;
    }

    public KeyState? Read(NodeStat? stat, ReadOnlyMemory<byte> value) =>
        stat is { } seen
            ? Exists && (seen.Version, seen.ModifiedRevision, Hash.Of(value.Span)) == (Version, Modified, Value) ? this : null
            : Exists ? null : this;

    public KeyState? Read(ReadNodeResult result) => Read(result.Stat, result.Value);

    public bool Holds(Condition condition) => Exists
        ? condition.Exists != false && Mismatch(condition.Revision, condition.Version) == ResultCode.Ok
        : condition is { Exists: false, Revision: null, Version: null };

    private ResultCode RefusalOf(WriteOperation write) => Exists
        ? write.Mode == WriteMode.Create ? ResultCode.NodeExists : Mismatch(write.IfRevision, write.IfVersion)
        : write is { Mode: WriteMode.Set } or { IfRevision: not null } or { IfVersion: not null }
            ? ResultCode.NodeNotFound
            : ResultCode.Ok;

    private ResultCode Mismatch(Revision? revision, int? version) =>
        revision is { } wanted && wanted != Modified ? ResultCode.RevisionMismatch
        : version is { } number and not -1 && number != Version ? ResultCode.VersionMismatch
        : ResultCode.Ok;
}
