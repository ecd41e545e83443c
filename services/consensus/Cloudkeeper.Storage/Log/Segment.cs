using System.Globalization;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>One file of the log: <c>log-</c> and its sequence in 16 hexadecimal digits.</summary>
internal sealed class Segment(IStorageFile file, SegmentHeader header) : IDisposable
{
    public const string TemporaryPrefix = "tmp-log-";

    private const string Prefix = "log-";

    public string Name { get; } = NameOf(header.Sequence);

    public IStorageFile File { get; } = file;

    public SegmentHeader Header { get; } = header;

    public uint Seed { get; } = header.Seed;

    /// <summary>Where the next record goes.</summary>
    public long End { get; set; } = SegmentHeader.Size;

    /// <summary>Header checksum of the last record, which the next one names.</summary>
    public uint LastCrc { get; set; } = header.Seed;

    /// <summary>
    /// The largest index that any record here carries; zero when a snapshot has made all of them void.
    /// </summary>
    public LogIndex LargestIndex { get; set; }

    public long Free => Header.Capacity - End;

    public static string NameOf(long sequence) => Prefix + sequence.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The sequences of the segments that are there, ascending.</summary>
    public static List<long> List(IFileSystem files)
    {
        var sequences = new List<long>();
        foreach (var name in files.List())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal)
                && long.TryParse(
                    name.AsSpan(Prefix.Length),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var sequence)
                && name == NameOf(sequence))
            {
                sequences.Add(sequence);
            }
        }

        sequences.Sort();
        return sequences;
    }

    public void Dispose() => File.Dispose();
}
