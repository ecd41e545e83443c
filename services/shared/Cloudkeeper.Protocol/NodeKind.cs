namespace Cloudkeeper.Protocol;

/// <summary>How long a node lives. Part of the log and wire formats: append, never renumber.</summary>
public enum NodeKind : byte
{
    Persistent = 0,

    /// <summary>Goes with the session that owns it; has no children.</summary>
    Ephemeral = 1,

    /// <summary>Goes some time after its last child has gone.</summary>
    Container = 2,

    /// <summary>Goes when it has no children and was not changed for its TTL.</summary>
    Ttl = 3,
}
