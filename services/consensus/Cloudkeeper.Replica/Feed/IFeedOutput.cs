namespace Cloudkeeper.Replica.Feed;

/// <summary>The output of a <see cref="FeedHub"/>: one subscriber's feed.</summary>
public interface IFeedOutput
{
    /// <summary>False: it has fallen too far behind, or has ended.</summary>
    bool TryWrite(FeedParcel parcel);

    /// <summary>It goes on elsewhere, or here with another question.</summary>
    void Complete();
}
