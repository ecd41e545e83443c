namespace Cloudkeeper.Node.Peers;

/// <summary>Endpoints for the other members.</summary>
internal static class PeerRoutes
{
    /// <summary>POST a stream of messages, each behind its length (4 bytes); answered when the stream ends.</summary>
    public const string Stream = "/raft/stream";

    /// <summary>POST a snapshot: the message that announces it behind its length, then the bytes of the file.</summary>
    public const string Snapshot = "/raft/snapshot";

    /// <summary>GET <c>?cluster=&amp;index=</c>, JSON: the digest of the state behind that entry.</summary>
    public const string Digest = "/membership/digest";

    /// <summary>POST <c>?cluster=&amp;index=</c>: the member is to find out whether its digest there was the wrong one.</summary>
    public const string DigestCheck = "/membership/digest/check";
}
