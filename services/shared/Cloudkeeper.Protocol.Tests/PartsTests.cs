using System.Buffers;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Tests;

/// <summary>Change sets that are too large for a frame.</summary>
public sealed class PartsTests
{
    private const int PartBytes = 300;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_set_is_counted_exactly_and_is_the_same_behind_its_parts(int seed)
    {
        var random = new Random(seed);
        var joiner = new ChangeSetJoiner();
        for (var round = 0; round < 300; round++)
        {
            var set = AnySet(random);
            var whole = Encoded(new ChangeSetFrame(set));
            Assert.Equal(whole.Length, ChangeSetSize.OfFrame(set));

            // What fits stays as it is: older gateways know nothing else.
            Assert.Equal(whole, Encoded(Assert.Single(ChangeSetParts.Cut(set, whole.Length, PartBytes))));

            var parts = ChangeSetParts.Cut(set, whole.Length - 1, random.Next(1, 2_000)).Select(Encoded).ToArray();
            var joined = parts.Select(part => joiner.Take(FeedFrameCodec.Read(part), part.Length)).ToArray();
            Assert.All(joined[..^1], Assert.Null);
            Assert.Equal(whole, Encoded(joined[^1]!));
            Assert.False(joiner.IsWithin);
        }
    }

    [Fact]
    public void A_part_is_hardly_larger_than_wanted()
    {
        var parts = ChangeSetParts.Cut(SetOf(5_000), 1_000, PartBytes).Select(Encoded).ToArray();
        Assert.InRange(parts.Length, 5_000 / 4, 5_000);
        Assert.All(parts, static part => Assert.InRange(part.Length, 1, PartBytes + 200));
    }

    [Fact]
    public void Parts_out_of_order_of_another_revision_or_with_something_between_are_refused()
    {
        FeedFrame[] parts = [.. ChangeSetParts.Cut(SetOf(30), 100, PartBytes)];
        FeedFrame[] others = [.. ChangeSetParts.Cut(SetOf(30) with { Revision = new Revision(9) }, 100, PartBytes)];
        Assert.Equal("Part 1 of revision 8 where a first part is due.", Refused(parts[1]));
        Assert.Equal("Part 2 of revision 8 where part 1 of revision 8 is due.", Refused(parts[0], parts[2]));
        Assert.Equal("Part 0 of revision 8 where part 1 of revision 8 is due.", Refused(parts[0], parts[0]));
        Assert.Equal("Part 1 of revision 9 where part 1 of revision 8 is due.", Refused(parts[0], others[1]));
        Assert.Equal(
            "A ProgressFrame where part 1 of revision 8 is due.", Refused(parts[0], new ProgressFrame(new Revision(8))));
        Assert.Equal(
            "A ChangeSetFrame where part 1 of revision 8 is due.", Refused(parts[0], new ChangeSetFrame(SetOf(1))));
    }

    [Fact]
    public void Parts_of_more_bytes_than_a_revision_can_have_are_refused()
    {
        FeedFrame[] parts = [.. ChangeSetParts.Cut(SetOf(30), 100, PartBytes)];
        Assert.Null(Assert.Throws<WireFormatException>(() => Join(new ChangeSetJoiner(bytesMax: 1_000), parts)).InnerException);
        Assert.NotNull(Join(new ChangeSetJoiner(bytesMax: 1_000 * parts.Length), parts));

        // What was joined before does not count.
        var joiner = new ChangeSetJoiner(bytesMax: parts.Sum(static part => (long)Encoded(part).Length));
        Assert.NotNull(Join(joiner, parts));
        Assert.NotNull(Join(joiner, parts));
    }

    /// <summary>Frames of several sets, damaged, repeated, left out, or exchanged: what comes through is what was sent.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Only_whole_sets_come_through_however_parts_are_lost_or_repeated(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2_000; round++)
        {
            var sets = Enumerable.Range(1, 3).Select(i => SetOf(random.Next(1, 12), revision: 7 + i)).ToArray();
            var frames = sets.SelectMany(set => ChangeSetParts.Cut(set, 400, PartBytes)).Select(Encoded).ToList();
            Disturb(frames, random);
            var joiner = new ChangeSetJoiner();
            try
            {
                foreach (var frame in frames)
                {
                    if (joiner.Take(FeedFrameCodec.Read(frame), frame.Length) is ChangeSetFrame { ChangeSet: var joined })
                    {
                        var sent = Assert.Single(sets, set => set.Revision == joined.Revision);
                        Assert.Equal(Encoded(new ChangeSetFrame(sent)), Encoded(new ChangeSetFrame(joined)));
                    }
                }
            }
            catch (WireFormatException)
            {
                // The declared end of the stream.
            }
        }
    }

    private static void Disturb(List<byte[]> frames, Random random)
    {
        var at = random.Next(frames.Count);
        switch (random.Next(5))
        {
            case 0:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(random.Next(frames.Count), frames[at]);
                break;
            case 2:
                var other = random.Next(frames.Count);
                (frames[at], frames[other]) = (frames[other], frames[at]);
                break;
            case 3:
                // Connections do not turn bytes around: of the damage that is possible, this is what a frame can be cut to.
                frames[at] = frames[at][..random.Next(frames[at].Length)];
                break;
            default:
                frames.RemoveRange(at, frames.Count - at);
                break;
        }
    }

    private static string Refused(params FeedFrame[] frames) =>
        Assert.Throws<WireFormatException>(() => Join(new ChangeSetJoiner(), frames)).Message;

    private static FeedFrame? Join(ChangeSetJoiner joiner, FeedFrame[] frames) =>
        frames.Select(frame => joiner.Take(frame, Encoded(frame).Length)).ToArray()[^1];

    private static ChangeSet SetOf(int count, long revision = 8) => new(
        new Revision(7), new Revision(revision), 5, [.. Enumerable.Range(0, count).Select(i => ChangeOf($"/n{i:d5}"))], []);

    private static ChangeSet AnySet(Random random) => new(
        new Revision(random.Next(100)),
        new Revision(100 + random.Next(100)),
        random.Next(),
        [.. Some(random, 40).Select(i => ChangeOf($"/ä{i}") with
        {
            Type = (ChangeType)random.Next(3),
            Stat = Samples.Stat with { EphemeralOwner = random.Next(2) == 0 ? null : new SessionId(i) },
            ContentType = random.Next(2) == 0 ? "text/plain" : new string('c', random.Next(200)),
            Value = random.Next(2) == 0 ? null : new byte[random.Next(200)],
        })],
        [.. Some(random, 20).Select(static i => new SessionId(i))])
    {
        TouchedParents = [.. Some(random, 20).Select(static i => $"/parent{i}")],
    };

    private static IEnumerable<int> Some(Random random, int countMax) =>
        Enumerable.Range(0, random.Next(3) == 0 ? 0 : random.Next(countMax));

    private static Change ChangeOf(string path) => new(ChangeType.Deleted, path, Samples.Stat, "text/plain", null, null);

    private static byte[] Encoded(FeedFrame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        FeedFrameCodec.Write(output, frame);
        return output.WrittenSpan.ToArray();
    }
}
