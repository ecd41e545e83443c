namespace Cloudkeeper.Tree.Snapshots;

/// <summary>The kinds of record. Part of the file format: append, never renumber.</summary>
internal enum SnapshotRecord : byte
{
    Head = 1,
    Node = 2,
    Session = 3,
    EndedSession = 4,
    Lane = 5,
    IdempotencyKey = 6,
    Tombstone = 7,
    ChangeSet = 8,

    /// <summary>A change set that has touched parents: from feature level 3 on.</summary>
    TouchingChangeSet = 9,

    /// <summary>A registered gateway: from feature level 4 on.</summary>
    Gateway = 10,

    /// <summary>A part of a record that is too large for a block; others follow.</summary>
    Part = 11,

    /// <summary>The last one: the record is whole.</summary>
    LastPart = 12,
}
