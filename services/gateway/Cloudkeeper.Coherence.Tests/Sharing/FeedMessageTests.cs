using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Tests.Sharing;

public sealed class FeedMessageTests
{
    private static readonly Guid Cluster = new("11111111-2222-3333-4444-555555555555");
    private static readonly Guid Speaker = new("99999999-2222-3333-4444-555555555555");

    private static readonly NodeStat Stat = new(
        new Revision(1), new Revision(2), new Revision(1), 3, 4, 5, 6, 7, NodeKind.Persistent, null, 0, 5, 8);

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        var read = Read(SetOf("/a/b") with { TouchedParents = ["/c"] })!;
        Assert.Equal((Cluster, Speaker), (read.Cluster, read.Speaker));
        var set = Assert.IsType<ChangeSetFrame>(read.Frame).ChangeSet;
        Assert.Equal("/a/b", Assert.Single(set.Changes).Path);
        Assert.Equal("/c", Assert.Single(set.TouchedParents));
        Assert.Equal(new ProgressFrame(new Revision(9)), Read(new ProgressFrame(new Revision(9)))!.Frame);
    }

    [Fact]
    public void Only_changes_and_progress_are_published()
    {
        Assert.Null(Read(new StartFrame(Cluster, new Revision(1))));
        Assert.Null(Read(new CompactedFrame(new Revision(1))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a/")]
    [InlineData("//")]
    [InlineData("/a//b")]
    [InlineData("/..")]
    [InlineData("/a\u0000")]
    public void A_message_with_a_text_that_is_no_path_is_refused(string path)
    {
        Assert.Null(Read(SetOf(path)));
        Assert.Null(Read(SetOf("/a") with { TouchedParents = [path] }));
    }

    [Fact]
    public void Another_cluster_version_or_length_is_refused()
    {
        var bytes = Write(new ProgressFrame(new Revision(9)));
        Assert.Null(FeedMessage.Read(bytes, Guid.NewGuid()));
        Assert.Null(FeedMessage.Read([9, .. bytes.AsSpan(1)], Cluster));
        Assert.Null(FeedMessage.Read([.. bytes, 0], Cluster));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(FeedMessage.Read(bytes.AsSpan(0, length), Cluster));
        }
    }

    private static ChangeSet SetOf(string path) => new(
        new Revision(1), new Revision(2), 4, [new Change(ChangeType.Changed, path, Stat, "", "value"u8.ToArray(), null)], []);

    private static FeedMessage? Read(ChangeSet set) => Read(new ChangeSetFrame(set));

    private static FeedMessage? Read(FeedFrame frame) => FeedMessage.Read(Write(frame), Cluster);

    private static byte[] Write(FeedFrame frame) => new FeedMessage(Cluster, Speaker, frame).Write();
}
