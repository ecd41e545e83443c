namespace Cloudkeeper.Replica.Feed;

/// <summary>What a <see cref="FeedHub"/> writes to: somebody's feed.</summary>
public interface IFeedOutput
{
    /// <summary>False: it has fallen too far behind, or has ended.</summary>
    bool TryWrite(FeedParcel parcel);

    /// <summary>It goes on elsewhere, or here with another question.</summary>
    void Complete();
}
