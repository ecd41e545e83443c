using Cloudkeeper.Coherence.Feed;

namespace Cloudkeeper.Coherence.Tests.Feed;

public sealed class ListeningPausesTests
{
    private readonly ListeningPauses _pauses = new(pauseMin: 10, pauseMax: 100);

    [Fact]
    public void Failures_make_the_next_attempt_later_and_later()
    {
        Assert.True(_pauses.MayListen(0));
        var now = 0L;
        foreach (var pause in (long[])[10, 20, 40, 80, 100, 100, 100])
        {
            _pauses.Failed(began: now, now + 1);
            now += 1 + pause;
            Assert.False(_pauses.MayListen(now - 1), $"after {now}");
            Assert.True(_pauses.MayListen(now), $"after {now}");
        }
    }

    [Fact]
    public void A_loudspeaker_that_was_good_for_long_is_soon_tried_again()
    {
        for (var i = 0; i < 100; i++)
        {
            _pauses.Failed(began: 0, 1);
        }

        Assert.False(_pauses.MayListen(100));
        _pauses.Failed(began: 200, 299);
        Assert.False(_pauses.MayListen(398));
        _pauses.Failed(began: 400, 500);
        Assert.True(_pauses.MayListen(510));
    }
}
