namespace Cloudkeeper.Storage;

/// <summary>One open file. Nothing written is durable before a sync returns.</summary>
public interface IStorageFile : IDisposable
{
    long Length { get; }

    /// <summary>Fills the buffer; returns less than its length only at the end of the file.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all bytes, beyond the end too (a gap reads as zeros).</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Extends the file with zeros and reserves the space, so that later writes into it find room.</summary>
    /// <exception cref="StorageFullException">No room; the file's content is unchanged.</exception>
    void Allocate(long length);

    /// <summary>Cuts the file.</summary>
    void Truncate(long length);

    /// <summary>fdatasync: content, and the length if it is needed to read the content.</summary>
    void DataSync();

    /// <summary>fsync: content and all metadata; for new files.</summary>
    void FullSync();
}
