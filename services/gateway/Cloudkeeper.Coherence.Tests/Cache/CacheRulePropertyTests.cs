using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Tests.Cache;

/// <summary>With events in any order, an answer is the state of the tree at the revision that it names.</summary>
public sealed class CacheRulePropertyTests
{
    private const int Steps = 4_000;

    private int _answered;
    private int _refused;

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(2, 1 << 20)]
    [InlineData(3, 16_000)]
    [InlineData(4, 9_500)]
    public void An_answer_is_the_state_at_its_revision_and_never_below_the_required_one(int seed, long bytesMax)
    {
        var random = new Random(seed);
        var worlds = new[] { new CacheWorld(), new CacheWorld() };
        var world = worlds[0];
        var cache = world.StartCache(bytesMax);
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(20))
            {
                case < 5:
                    worlds[random.Next(2)].ChangeAtRandom(random);
                    break;
                case < 10 when world.ChangesBehind(cache.Revision) is { } set:
                    cache.Apply(set);
                    break;
                case < 14:
                    FillAtRandom(cache, worlds[random.Next(10) == 0 ? 1 : 0], random);
                    break;
                case 19 when random.Next(20) == 0:
                    // A gap, or another cluster at the same addresses.
                    world = worlds[random.Next(2)];
                    (worlds[0], worlds[1]) = (world, worlds[world == worlds[0] ? 1 : 0]);
                    cache.Restart(world.Cluster, new Revision(random.NextInt64(world.Revision.Value + 1)));
                    break;
                default:
                    Ask(cache, world, random);
                    break;
            }
        }

        Assert.True(_answered > Steps / 50, $"{_answered} answered, {_refused} refused: this tests nothing.");
        Assert.True(_refused > Steps / 50, $"{_answered} answered, {_refused} refused: this tests nothing.");
    }

    private static void FillAtRandom(CacheRule cache, CacheWorld world, Random random)
    {
        // An answer may have been on its way for long, or come from a node that is ahead of the feed.
        var at = new Revision(Math.Max(0, world.Revision.Value - random.Next(8)));
        var path = random.GetItems(CacheWorld.Paths, 1)[0];
        var withValue = random.Next(3) > 0;
        cache.Fill(world.Cluster, path, world.Answer(at, path, withValue), withValue, at);
    }

    private void Ask(CacheRule cache, CacheWorld world, Random random)
    {
        var path = random.GetItems(CacheWorld.Paths, 1)[0];
        var withValue = random.Next(2) == 0;
        var required = new Revision(Math.Max(0, world.Revision.Value - random.Next(3)));
        if (!cache.TryRead(path, withValue, required, out var node, out var at))
        {
            _refused++;
            return;
        }

        _answered++;
        Assert.True(at >= required && at <= world.Revision, $"{at} for {required} of {world.Revision}.");
        var truth = world.StateAt(at, path);
        Assert.Equal(truth.Stat, node!.Stat);
        Assert.Equal(truth.Code, node.Code);
        Assert.Equal(truth.ContentType, node.ContentType);
        Assert.Equal(truth.AbsentSince, truth.AbsentSince == Revision.Zero ? Revision.Zero : node.AbsentSince);
        if (withValue)
        {
            Assert.Equal(truth.Value, node.Value);
        }
    }
}
