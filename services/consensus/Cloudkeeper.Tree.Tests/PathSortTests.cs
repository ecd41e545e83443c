using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Tests;

public sealed class PathSortTests
{
    [Theory]
    [InlineData("/a/b", 3)]
    [InlineData("/a-", 400)]
    [InlineData("/\uffef\u00a0.", 400)]
    [InlineData("/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 400)]
    public void The_order_is_the_ordinal_one(string characters, int count)
    {
        var random = new Random(characters.Length + count);
        for (var run = 0; run < 20; run++)
        {
            var paths = new string[count];
            for (var i = 0; i < count; i++)
            {
                paths[i] = "/common/" + string.Concat(
                    Enumerable.Range(0, random.Next(25)).Select(_ => characters[random.Next(characters.Length)]));
            }

            var (sorted, items) = (paths.ToArray(), Enumerable.Range(0, count).ToArray());
            PathSort.Sort<int>(sorted, items);
            Assert.Equal(paths.Order(StringComparer.Ordinal), sorted);
            Assert.Equal(items.Select(i => paths[i]), sorted);
            Assert.Equal(count, items.Distinct().Count());
        }
    }
}
