namespace Cloudkeeper.Protocol.Sessions;

/// <param name="ExpiresInMilliseconds">Counted from the leader's receipt; 0 unless alive.</param>
public sealed record KeepaliveResult(SessionId Session, KeepaliveStatus Status, long ExpiresInMilliseconds)
{
    /// <summary>The state at which it was judged.</summary>
    public Revision Revision { get; init; }
}

public enum KeepaliveStatus : byte
{
    Alive = 0,

    /// <summary>Ended, by its TTL or by its client.</summary>
    Expired = 1,

    /// <summary>Never known, or forgotten long ago.</summary>
    Unknown = 2,
}
