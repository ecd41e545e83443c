using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Tests.Feed;

public sealed class FreshnessProofsTests
{
    private readonly FreshnessProofs _proofs = new();

    [Fact]
    public void Nothing_is_proved_by_silence()
    {
        _proofs.Reach(new Revision(100));
        Assert.Null(_proofs.FreshAsOf);
    }

    [Fact]
    public void A_question_proves_as_much_as_the_feed_has_reached_of_its_answer()
    {
        _proofs.Add(new Revision(5), askedAt: 10, reached: new Revision(5));
        Assert.Equal(10, _proofs.FreshAsOf);
        _proofs.Add(new Revision(7), askedAt: 20, reached: new Revision(5));
        _proofs.Reach(new Revision(6));
        Assert.Equal(10, _proofs.FreshAsOf);
        _proofs.Reach(new Revision(7));
        Assert.Equal(20, _proofs.FreshAsOf);
    }

    [Fact]
    public void A_late_answer_takes_nothing_back()
    {
        _proofs.Add(new Revision(5), askedAt: 20, reached: new Revision(5));
        _proofs.Add(new Revision(5), askedAt: 10, reached: new Revision(5));
        Assert.Equal(20, _proofs.FreshAsOf);
    }

    [Fact]
    public void While_the_feed_stands_still_the_age_grows_and_memory_does_not()
    {
        for (var i = 1; i < 1_000_000; i++)
        {
            _proofs.Add(new Revision(i), askedAt: i, reached: Revision.Zero);
        }

        Assert.Null(_proofs.FreshAsOf);
        _proofs.Reach(new Revision(1_000_000));
        Assert.Equal(64, _proofs.FreshAsOf);
    }

    [Fact]
    public void A_new_beginning_proves_nothing_of_the_time_before()
    {
        _proofs.Add(new Revision(5), askedAt: 10, reached: new Revision(5));
        _proofs.Add(new Revision(7), askedAt: 20, reached: new Revision(5));
        _proofs.Restart();
        _proofs.Reach(new Revision(7));
        Assert.Null(_proofs.FreshAsOf);
    }
}
