using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>
/// A session that has ended, remembered so that its client gets that answer instead of "never known".
/// </summary>
/// <param name="EndedAt">By the retention clock.</param>
internal sealed record EndedSession(SessionInfo Info, long EndedAt)
{
    public ulong ComputeHash()
    {
        var hash = new RecordHash(RecordKind.EndedSession);
        hash.Add(Info.Id.Value);
        hash.Add(Info.Name);
        hash.Add(Info.TtlMilliseconds);
        hash.Add(Info.CreatedAt);
        hash.Add(Info.LastKeepaliveAt);
        hash.Add((ulong)Info.EndReason.GetValueOrDefault());
        hash.Add(EndedAt);
        return hash.Value;
    }
}

internal readonly struct EndedSessionOrder : IBlockOrder<long, EndedSession>
{
    public static int Compare(long key, EndedSession item) => key.CompareTo(item.Info.Id.Value);

    public static long KeyOf(EndedSession item) => item.Info.Id.Value;
}
