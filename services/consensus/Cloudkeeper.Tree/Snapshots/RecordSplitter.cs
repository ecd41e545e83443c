using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>
/// Writes records of any size: one that would not fit into a block of the storage (16 MiB) becomes parts, as many at a time as
/// a slice has room for.
/// </summary>
/// <remarks>
/// Only records that cannot be stored otherwise, at any level: a program that does not know parts could not load these
/// either. Large ones come from requests that read or delete many large values.
/// </remarks>
internal sealed class RecordSplitter
{
    /// <summary>A larger record is written in parts.</summary>
    public const int RecordBytesMax = 12 << 20;

    private const int PartBytes = 1 << 20;
    private const int KeptBytesMax = 1 << 20;

    private ArrayBufferWriter<byte> _record = new();
    private ReadOnlyMemory<byte> _rest;

    /// <summary>Whether all of the last record is written.</summary>
    public bool IsDone => _rest.IsEmpty;

    public void Write<T>(CountingWriter output, int byteBudget, T item, Action<IBufferWriter<byte>, T> write)
    {
        Invariant.Require(IsDone);
        write(_record, item);
        if (_record.WrittenCount <= RecordBytesMax)
        {
            output.Write(_record.WrittenSpan);
            Clear();
            return;
        }

        _rest = _record.WrittenMemory;
        GoOn(output, byteBudget);
    }

    public void GoOn(CountingWriter output, int byteBudget)
    {
        while (output.Count < byteBudget && !IsDone)
        {
            var part = _rest.Length > PartBytes ? _rest[..PartBytes] : _rest;
            _rest = _rest[part.Length..];
            output.WriteByte((byte)(IsDone ? SnapshotRecord.LastPart : SnapshotRecord.Part));
            output.WriteBytes(part.Span);
            if (IsDone)
            {
                Clear();
            }
        }
    }

    private void Clear()
    {
        if (_record.Capacity > KeptBytesMax)
        {
            _record = new ArrayBufferWriter<byte>();
        }

        _record.ResetWrittenCount();
    }
}
