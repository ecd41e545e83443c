using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Tests.Watches;

public sealed class SharedSnapshotTests
{
    private static readonly WatchTarget Target = new("/a", WatchScope.Subtree);

    private readonly SharedSnapshot _shared = new(new WatchInterest([Target]), withValues: true, At(5));

    [Fact]
    public void A_join_while_it_is_read_extends_it_to_the_revision_of_the_join()
    {
        Assert.Equal(At(5), _shared.PageRevision);
        Page(6);
        Assert.True(_shared.TryJoin(At(9)));
        Assert.True(_shared.TryJoin(At(8)));
        Assert.Equal(At(6), _shared.PageRevision);
        Assert.Equal(At(9), _shared.Seal());
    }

    [Fact]
    public void It_is_not_of_a_revision_before_its_pages()
    {
        Page(7);
        _shared.Builder.Patch([], At(8));
        Assert.Equal(At(8), _shared.PageRevision);
        Assert.Equal(At(8), _shared.Seal());
    }

    [Fact]
    public void A_join_after_it_is_read_needs_a_revision_that_it_covers()
    {
        Page(7);
        _shared.Seal();
        Assert.True(_shared.TryJoin(At(7)));
        Assert.False(_shared.TryJoin(At(8)));
    }

    [Fact]
    public void It_is_the_state_of_later_revisions_until_something_changes_in_it()
    {
        Page(7);
        _shared.Seal();
        Assert.True(_shared.TryAdvance([Set(8, "/b"), Set(9, "/"), Set(10, "/a/b")], At(9)));
        Assert.Equal(At(9), _shared.Revision);
        Assert.True(_shared.TryJoin(At(9)));
        Assert.False(_shared.TryAdvance([Set(10, "/a/b"), Set(11, "/b")], At(11)));
        Assert.Equal(At(9), _shared.Build().Revision);
    }

    [Fact]
    public void A_second_reading_covers_the_newest_revision_that_is_needed()
    {
        Page(7);
        _shared.Seal();
        Assert.True(_shared.TryAdvance([], At(9)));
        _shared.BeginAnew();
        Assert.Equal((At(9), 0), (_shared.PageRevision, _shared.Builder.Bytes));
        Assert.True(_shared.TryJoin(At(12)));
        Page(10);
        Assert.Equal(At(12), _shared.Seal());
    }

    private static Revision At(long revision) => new(revision);

    private static ChangeSet Set(long revision, string path) => new(
        At(revision - 1), At(revision), 0, [new Change(ChangeType.Changed, path, default, "", null, null)], []);

    private void Page(long at) =>
        _shared.Builder.Add(Target, new ReadSubtreeResult(ResultCode.Ok, Revision.Zero, [], HasMore: false), At(at));
}
