using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.Tests;

public sealed class BlockListTests
{
    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 5_000)]
    [InlineData(3, 100_000)]
    public void It_is_a_sorted_set(int seed, int keys)
    {
        var random = new Random(seed);
        var list = new BlockList<int, Item, ItemOrder>();
        var twin = new SortedDictionary<int, Item>();
        for (var i = 0; i < 30_000; i++)
        {
            // Grows for a while, then shrinks: blocks split and merge.
            var item = new Item(random.Next(keys));
            var grows = i / 10_000 != 1;
            if (twin.ContainsKey(item.Key) && (!grows || random.Next(3) == 0))
            {
                list.Remove(item.Key);
                twin.Remove(item.Key);
            }
            else if (grows || random.Next(4) == 0)
            {
                Assert.Same(twin.GetValueOrDefault(item.Key), list.Set(item));
                twin[item.Key] = item;
            }

            Assert.Equal(twin.Count, list.Count);
            if (i % 3_000 == 0)
            {
                Check(list, twin, random.Next(keys));
            }
        }

        Check(list, twin, keys / 2);
        foreach (var key in twin.Keys.OrderBy(_ => random.Next()).ToArray())
        {
            list.Remove(key);
        }

        Assert.Equal(0, list.Count);
        Assert.Null(list.First);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void A_run_leaves_at_once_as_its_items_would_one_by_one(double share)
    {
        var random = new Random(1);
        var items = Enumerable.Range(0, 5_000).Select(static key => new Item(key)).ToArray();
        var list = new BlockList<int, Item, ItemOrder>();
        foreach (var item in items.OrderBy(_ => random.Next()).ToArray())
        {
            list.Add(item);
        }

        Item[] run = [.. items.Where(_ => random.NextDouble() < share)];
        list.RemoveRun(run);
        var left = items.Except(run).Select(static item => item.Key).ToArray();
        Assert.Equal(left, Keys(list.Start()));
        Assert.Equal(left.Length, list.Count);
        Assert.Throws<InvariantViolationException>(() => list.RemoveRun(run.AsSpan(0, 1)));
    }

    [Fact]
    public void Ascending_items_fill_their_blocks()
    {
        var list = new BlockList<int, Item, ItemOrder>();
        for (var i = 0; i < 3_000; i++)
        {
            list.Add(new Item(i));
        }

        Assert.Equal(Enumerable.Range(0, 3_000), Keys(list.Start()));
        Assert.Equal(2_999, list.Last!.Key);
    }

    [Fact]
    public void Adding_twice_and_removing_an_absent_item_are_bugs()
    {
        var list = new BlockList<int, Item, ItemOrder>();
        Assert.Throws<InvariantViolationException>(() => list.Remove(1));
        list.Add(new Item(1));
        Assert.Throws<InvariantViolationException>(() => list.Add(new Item(1)));
        Assert.Throws<InvariantViolationException>(() => list.Remove(2));
    }

    private static void Check(BlockList<int, Item, ItemOrder> list, SortedDictionary<int, Item> twin, int key)
    {
        Assert.Equal(twin.Keys, Keys(list.Start()));
        Assert.Equal(twin.Keys.Where(k => k > key), Keys(list.After(key)));
        Assert.Equal(twin.Keys.Count(k => k < key), list.CountBefore(key));
        Assert.Same(twin.GetValueOrDefault(key), list.Find(key));
        Assert.Equal(twin.Keys.FirstOrDefault(-1), list.First?.Key ?? -1);
    }

    private static IEnumerable<int> Keys(BlockList<int, Item, ItemOrder>.Cursor cursor)
    {
        while (cursor.MoveNext())
        {
            yield return cursor.Current.Key;
        }
    }

    private sealed record Item(int Key);

    private readonly struct ItemOrder : IBlockOrder<int, Item>
    {
        public static int Compare(int key, Item item) => key.CompareTo(item.Key);

        public static int KeyOf(Item item) => item.Key;
    }
}
