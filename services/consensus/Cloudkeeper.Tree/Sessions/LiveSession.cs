using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>What a leader needs to count the keepalives of a session.</summary>
public readonly record struct LiveSession(SessionId Id, long TtlMilliseconds);
