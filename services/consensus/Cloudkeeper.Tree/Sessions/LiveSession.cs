using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>A session as a leader needs it to count its keepalives.</summary>
public readonly record struct LiveSession(SessionId Id, long TtlMilliseconds);
