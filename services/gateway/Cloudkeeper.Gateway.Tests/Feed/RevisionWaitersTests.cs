using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Feed;

public sealed class RevisionWaitersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly RevisionWaiters _waiters;

    public RevisionWaitersTests()
    {
        _waiters = new RevisionWaiters(_time);
    }

    [Fact]
    public async Task Each_is_woken_when_its_revision_is_reached()
    {
        var waits = ((int[])[3, 1, 2, 3]).Select(WaitAsync).ToArray();
        _waiters.Reach(new Revision(2));
        Assert.True(await waits[1]);
        Assert.True(await waits[2]);
        Assert.False(waits[0].IsCompleted);
        _waiters.Reach(new Revision(9));
        Assert.True(await waits[0]);
        Assert.True(await waits[3]);
        Assert.True(await WaitAsync(9));
    }

    [Fact]
    public async Task Only_the_waiter_whose_time_is_up_gives_up()
    {
        var early = WaitAsync(5);
        _time.Advance(Patience / 2);
        var late = WaitAsync(5);
        _time.Advance(Patience / 2);
        Assert.False(await early);
        _waiters.Reach(new Revision(5));
        Assert.True(await late);
    }

    [Fact]
    public async Task After_a_new_beginning_a_revision_is_waited_for_again()
    {
        _waiters.Reach(new Revision(5));
        _waiters.Reach(new Revision(1));
        var wait = WaitAsync(5);
        Assert.False(wait.IsCompleted);
        _waiters.Reach(new Revision(5));
        Assert.True(await wait);
    }

    private Task<bool> WaitAsync(int revision) =>
        _waiters.WaitForAsync(new Revision(revision), Patience, CancellationToken.None).AsTask();
}
