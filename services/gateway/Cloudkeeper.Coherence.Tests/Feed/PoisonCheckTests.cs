using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Tests.Feed;

public sealed class PoisonCheckTests
{
    private readonly PoisonCheck _check = new(patience: 100);

    [Fact]
    public void A_revision_that_no_leader_knows_for_long_is_none()
    {
        Answer(named: 5, askedAt: 0, reached: 900, now: 1);
        Answer(named: 6, askedAt: 50, reached: 900, now: 51);
        Answer(named: 7, askedAt: 100, reached: 900, now: 101);
        Assert.False(_check.IsPoisoned);
        Answer(named: 8, askedAt: 101, reached: 900, now: 102);
        Assert.True(_check.IsPoisoned);
        _check.Restart();
        Assert.False(_check.IsPoisoned);
        Answer(named: 8, askedAt: 500, reached: 8, now: 501);
        Assert.False(_check.IsPoisoned);
    }

    [Fact]
    public void A_feed_that_is_ahead_of_every_answer_is_right_if_the_next_one_names_it()
    {
        for (var i = 0; i < 1_000; i++)
        {
            // Each answer is as old as its question, and the feed has gone on meanwhile.
            Answer(named: 10 * i, askedAt: 50 * i, reached: (10 * i) + 9, now: (50 * i) + 20);
            Assert.False(_check.IsPoisoned);
        }
    }

    [Fact]
    public void Answers_to_questions_from_before_prove_nothing()
    {
        Answer(named: 5, askedAt: 0, reached: 900, now: 1_000);
        for (var askedAt = 1; askedAt < 1_000; askedAt++)
        {
            Answer(named: 6, askedAt, reached: 900, now: 2_000);
        }

        Assert.False(_check.IsPoisoned);
        Answer(named: 6, askedAt: 1_101, reached: 900, now: 2_000);
        Assert.True(_check.IsPoisoned);
    }

    [Fact]
    public void Poison_shows_also_when_the_feed_goes_on_behind_it()
    {
        for (var i = 0; i <= 3; i++)
        {
            Answer(named: i, askedAt: 50 * i, reached: 900 + i, now: (50 * i) + 1);
        }

        Assert.True(_check.IsPoisoned);
    }

    private void Answer(long named, long askedAt, long reached, long now) =>
        _check.Confirm(new Revision(named), askedAt, new Revision(reached), now);
}
