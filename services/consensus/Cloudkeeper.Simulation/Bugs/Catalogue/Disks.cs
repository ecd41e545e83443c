namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>The log on the disk.</summary>
internal static class Disks
{
    private const string Store = "Cloudkeeper.Storage/RaftLogStore.cs";
    private const string Recovery = "Cloudkeeper.Storage/Log/LogRecovery.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-42", "a sync that has failed is tried again")
        {
            Edits =
            [
                new(
                    Store,
                    "_active.File.DataSync();\n_durableEnd",
                    """
                    try
                    {
                        _active.File.DataSync();
                    }
                    catch (StorageFailedException)
                    {
                        _active.File.DataSync();
                    }

                    _durableEnd
                    """),
            ],
        },
        new("B-43", "a new name is not made durable")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/Files/FileSystemExtensions.cs",
                    "files.Rename(temporary, name);\nfiles.SyncDirectory();",
                    "files.Rename(temporary, name);"),
            ],
        },
        new("B-44", "a header that is torn is taken for one of an impossible length")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/Log/RecordHeader.cs",
                    "if (crc != BinaryPrimitives.ReadUInt32LittleEndian(input))\n{\nreturn false;",
                    """
                    if (crc != BinaryPrimitives.ReadUInt32LittleEndian(input))
                    {
                        return fields.ContainsAnyExcept((byte)0)
                            ? throw new InvalidDataException("max entry size exceeded")
                            : false;
                    """),
            ],
        },
        new("B-45", "damage in the middle is taken for a torn tail and cut off")
        {
            Edits =
            [
                new(
                    Recovery,
                    "if (tail.WitnessOffset is { } witness)",
                    "if (tail.WitnessOffset is { } witness && witness < 0)"),
            ],
        },
        new("B-46", "a segment is closed before all of its records are durable")
        {
            Edits = [new(Store, "Sync();\nvar segment = _spare!.Publish(", "var segment = _spare!.Publish(")],
        },
        new("B-48", "the chain of checksums begins anew where the log restarts behind a snapshot")
        {
            Edits =
            [
                new(
                    Store,
                    "(uint)_durableEnd, _active.LastCrc);",
                    "(uint)_durableEnd, write.Snapshot is null ? _active.LastCrc : _active.Seed);"),
            ],
        },
        new("B-49", "a snapshot goes on where the disk was full, and leaves a hole")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/Snapshots/SnapshotFileWriter.cs",
                    "_file.File.Write(_offset, _buffer.AsSpan(0, _buffered));",
                    """
                    try
                    {
                        _file.File.Write(_offset, _buffer.AsSpan(0, _buffered));
                    }
                    catch (StorageFullException)
                    {
                    }

                    """),
            ],
        },
        new("B-50", "damaged snapshots count among those that are kept")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/SnapshotStore.cs",
                    "if (!IsVerified(name) && TryVerify(name) is null)",
                    "if (name.Length == 0)"),
            ],
        },
        new("B-53", "compaction takes one entry too many, and the gap behind the snapshot is accepted")
        {
            Edits =
            [
                new(Store, "segment.LargestIndex < keepFrom)", "segment.LargestIndex <= keepFrom)"),
                new(Recovery, "if (FirstIndex > covered.Next())", "if (FirstIndex > covered.Next().Next())"),
            ],
        },
        new("B-57", "a follower acknowledges entries before its disk has them")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Following.cs",
                    "SendWhenDurable(new AppendReply(Id, leader, Term, match, null, LogIndex.Zero, default), match);",
                    "Send(new AppendReply(Id, leader, Term, match, null, LogIndex.Zero, default));"),
            ],
        },
        new("B-57.2", "writes are reported durable before they are synced")
        {
            Switch = Runs.Bug.AcknowledgeBeforeSync,
        },
    ];
}
