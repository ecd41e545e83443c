using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Replica.Feed;

/// <summary>How large frames are. Smaller in tests only.</summary>
/// <param name="FrameBytesMax">See <see cref="FeedFrameCodec.FrameBytesMax"/>.</param>
/// <param name="PartBytes">See <see cref="ChangeSetParts.BytesWanted"/>; about as much is encoded at a time.</param>
public sealed record FrameLimits(long FrameBytesMax, int PartBytes)
{
    public static readonly FrameLimits Default = new(FeedFrameCodec.FrameBytesMax, ChangeSetParts.BytesWanted);
}
