using Cloudkeeper.Coherence.Delivery;

namespace Cloudkeeper.Coherence.Tests.Delivery;

public sealed class ReadGatheringTests
{
    private const int Max = 40;

    private readonly ReadGathering _gathering = new(Max);

    [Fact]
    public void A_lone_reader_never_waits()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(1, _gathering.Next(waiting: 0));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(33)]
    public void Clients_in_a_closed_loop_soon_share_every_question_and_seldom_wait_in_vain(int clients)
    {
        var inVain = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var wanted = _gathering.Next(waiting: clients / 2);
            var come = Math.Min(wanted, clients);
            inVain += wanted > clients ? 1 : 0;
            Assert.True(i < 50 || come == clients, $"{come} of {clients} in round {i}.");
            _gathering.Gathered(wanted, come);
        }

        Assert.InRange(inVain, 1, 30);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(25)]
    [InlineData(1_000)]
    public void A_stream_of_requests_fills_the_time_that_it_is_given(int comeInTime)
    {
        var questions = 0;
        var reads = 0;
        for (; reads < 100_000; questions++)
        {
            var wanted = _gathering.Next(waiting: 1);
            var come = Math.Min(wanted, comeInTime);
            _gathering.Gathered(wanted, come);
            reads += come;
        }

        Assert.InRange((double)reads / questions, 0.9 * Math.Min(Max, comeInTime), Max);
    }

    [Fact]
    public void When_the_others_go_the_one_that_stays_waits_once()
    {
        for (var i = 0; i < 100; i++)
        {
            _gathering.Gathered(_gathering.Next(waiting: 5), 10);
        }

        _gathering.Gathered(_gathering.Next(waiting: 0), 0);
        Assert.Equal(1, _gathering.Next(waiting: 0));
    }
}
