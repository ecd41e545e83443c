using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Feed;

/// <summary>Bytes of changes: in the feed, in reads of the history and in snapshots.</summary>
public static class ChangeCodec
{
    public static void Write(IBufferWriter<byte> output, Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        WriteWithoutPrevious(output, change, int.MaxValue, change.Previous is not null);
        if (change.Previous is { } previous)
        {
            output.WriteInt32(previous.Version);
            output.WriteString(previous.ContentType);
            output.WriteBytes(previous.Value.Span);
        }
    }

    public static Change Read(ref WireReader reader) => Read(ref reader, likelyContentType: "");

    private static Change Read(ref WireReader reader, string likelyContentType)
    {
        var type = reader.ReadEnum(ChangeType.Deleted);
        var path = reader.ReadString(Limits.PathBytesMax);
        var stat = reader.ReadStat();
        var contentType = reader.ReadString(likelyContentType);
        var value = reader.ReadBoolean() ? reader.ReadBytes(Limits.ValueBytesMax) : default(ReadOnlyMemory<byte>?);
        var previous = reader.ReadBoolean()
            ? new PreviousValue(reader.ReadInt32(), reader.ReadString(), reader.ReadBytes(Limits.ValueBytesMax))
            : null;
        return new Change(type, path, stat, contentType, value, previous);
    }

    /// <summary>A whole transaction with everything that is known of it, for snapshots. See <see cref="ReadSet"/>.</summary>
    public static void Write(IBufferWriter<byte> output, ChangeSet changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        WriteHeader(output, changes);
        foreach (var change in changes.Changes)
        {
            Write(output, change);
        }

        WriteTail(output, changes);
    }

    /// <summary>A transaction for the feed: without previous and without large values. See <see cref="ReadSet"/>.</summary>
    public static void WriteForFeed(IBufferWriter<byte> output, ChangeSet changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        WriteHeader(output, changes);
        foreach (var change in changes.Changes)
        {
            WriteWithoutPrevious(output, change, Limits.FeedValueBytesMax, hasPrevious: false);
        }

        WriteTail(output, changes);
    }

    /// <param name="hasTouchedParents">
    /// They are written only where there are some, behind the rest, and a flag before the change set announces them:
    /// all others have the bytes that they had before feature level 3.
    /// </param>
    public static ChangeSet ReadSet(ref WireReader reader, bool hasTouchedParents)
    {
        var previous = new Revision(reader.ReadInt64());
        var revision = new Revision(reader.ReadInt64());
        var time = reader.ReadInt64();
        var changes = new Change[reader.ReadCount(int.MaxValue, 64)];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = Read(ref reader, i == 0 ? "" : changes[i - 1].ContentType);
        }

        var sessions = new SessionId[reader.ReadCount(int.MaxValue, sizeof(long))];
        for (var i = 0; i < sessions.Length; i++)
        {
            sessions[i] = new SessionId(reader.ReadInt64());
        }

        return new ChangeSet(previous, revision, time, changes, sessions)
        {
            TouchedParents = hasTouchedParents ? ReadPaths(ref reader) : [],
        };
    }

    private static string[] ReadPaths(ref WireReader reader)
    {
        const int pathBytesMin = 2;
        var paths = new string[reader.ReadCount(int.MaxValue, pathBytesMin)];
        for (var i = 0; i < paths.Length; i++)
        {
            paths[i] = reader.ReadString(Limits.PathBytesMax);
        }

        return paths;
    }

    private static void WriteHeader(IBufferWriter<byte> output, ChangeSet changes)
    {
        output.WriteInt64(changes.Previous.Value);
        output.WriteInt64(changes.Revision.Value);
        output.WriteInt64(changes.Time);
        output.WriteCount(changes.Changes.Count);
    }

    private static void WriteTail(IBufferWriter<byte> output, ChangeSet changes)
    {
        output.WriteCount(changes.EndedSessions.Count);
        foreach (var session in changes.EndedSessions)
        {
            output.WriteInt64(session.Value);
        }

        if (changes.TouchedParents.Count > 0)
        {
            output.WriteCount(changes.TouchedParents.Count);
            foreach (var path in changes.TouchedParents)
            {
                output.WriteString(path);
            }
        }
    }

    private static void WriteWithoutPrevious(
        IBufferWriter<byte> output,
        Change change,
        int valueBytesMax,
        bool hasPrevious)
    {
        output.WriteByte((byte)change.Type);
        output.WriteString(change.Path);
        output.WriteStat(change.Stat);
        output.WriteString(change.ContentType);
        var value = change.Value is { } present && present.Length <= valueBytesMax ? change.Value : null;
        output.WriteBoolean(value.HasValue);
        if (value is { } written)
        {
            output.WriteBytes(written.Span);
        }

        output.WriteBoolean(hasPrevious);
    }
}
