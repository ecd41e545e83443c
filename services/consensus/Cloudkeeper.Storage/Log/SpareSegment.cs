using System.Globalization;

namespace Cloudkeeper.Storage;

/// <summary>A segment file with its space allocated, still under a temporary name and without a header.</summary>
/// <remarks>
/// Because of it a full disk shows before a write begins, not in the middle of it (B-49).
/// </remarks>
internal sealed class SpareSegment : IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _temporaryName;
    private readonly IStorageFile _file;

    /// <param name="files">Where.</param>
    /// <param name="number">Makes the temporary name one that no other has.</param>
    /// <param name="capacity">Size of the file in bytes, the header included.</param>
    /// <exception cref="StorageFullException">No room; nothing is left behind.</exception>
    public SpareSegment(IFileSystem files, int number, long capacity)
    {
        _files = files;
        _temporaryName = Segment.TemporaryPrefix + number.ToString(CultureInfo.InvariantCulture);
        Capacity = capacity;
        _file = files.Open(_temporaryName, FileOpening.CreateNew);
        try
        {
            _file.Allocate(capacity);
        }
        catch (StorageFullException)
        {
            Delete();
            throw;
        }
    }

    public long Capacity { get; }

    /// <summary>Bytes of records that find room in it.</summary>
    public long Room => Capacity - SegmentHeader.Size;

    /// <summary>Makes it the next segment of the log, durably: first the header, then the name.</summary>
    public Segment Publish(Guid cluster, long sequence, long previousEnd, LogState state)
    {
        var header = new SegmentHeader(cluster, sequence, Capacity, previousEnd, state.LastIndex, state.HardState);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        header.Write(bytes);
        _file.Write(0, bytes);
        _file.FullSync();
        _files.Publish(_temporaryName, Segment.NameOf(sequence));
        return new Segment(_file, header);
    }

    public void Delete()
    {
        _file.Dispose();
        _files.Delete(_temporaryName);
    }

    public void Dispose() => _file.Dispose();
}
