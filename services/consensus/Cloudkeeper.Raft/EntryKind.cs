namespace Cloudkeeper.Raft;

/// <summary>The kind of an entry's payload. Part of the log and peer formats: append, never renumber.</summary>
public enum EntryKind : byte
{
    /// <summary>Opaque to Raft: a batch of commands for the state machine.</summary>
    Command = 0,

    /// <summary>The empty entry with which a leader opens its term (thesis, section 6.4).</summary>
    Barrier = 1,

    /// <summary>
    /// A new <see cref="Raft.Membership"/>, in force from the moment it is appended (thesis, section 4.1).
    /// </summary>
    Membership = 2,
}
