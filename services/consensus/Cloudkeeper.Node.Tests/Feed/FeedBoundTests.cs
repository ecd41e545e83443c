using System.Net;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Replica.Feed;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Feed;

/// <summary>What feeds may cost a node.</summary>
public sealed class FeedBoundTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-feed-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task More_feeds_than_a_node_has_places_for_are_refused_until_one_ends()
    {
        await using var node = await OneNode.Start(_directory, ("Node:FeedStreamsMax", "2")).LeadAsync();
        using var kept = await OpenAsync(node);
        using (var first = await OpenAsync(node))
        {
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (kept.StatusCode, first.StatusCode));
            using var refused = await OpenAsync(node);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        }

        while (true)
        {
            using var again = await OpenAsync(node);
            if (again.StatusCode == HttpStatusCode.OK)
            {
                break;
            }

            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(10, 100)]
    [InlineData(2_000, 4_000)]
    [InlineData(300, 100_000)]
    public void A_part_of_the_history_has_at_most_a_mebibyte_or_one_transaction(int sets, int valueBytes)
    {
        var machine = new StateMachine(StateMachineOptions.Default);
        for (var i = 1; i <= sets; i++)
        {
            var write = new MutationCommand(new WriteOperation($"/n{i % 100}", new byte[valueBytes], "t"));
            machine.Apply(i, 1, i, [new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], write)])], []);
        }

        var hub = new FeedHub();
        var stream = new Ignored();
        var part = hub.Begin(machine, Guid.Empty, Revision.Zero, 0, stream);
        Assert.Equal(new StartFrame(Guid.Empty, Revision.Zero), part.Frames[0]);
        for (var next = 1L; !part.IsLive;)
        {
            Assert.InRange(part.Encode().Sum(static piece => piece.Length), 1, (1 << 20) + 10_000);
            foreach (var set in part.Frames.OfType<ChangeSetFrame>())
            {
                Assert.Equal(next++, set.ChangeSet.Revision.Value);
            }

            Assert.Equal(next - 1, part.Next.Value);
            part = hub.Read(machine, part.Next, stream);
        }

        Assert.Equal(machine.Revision, ((ProgressFrame)Assert.Single(part.Frames)).Revision);
        Assert.Equal(1, hub.Count);
    }

    private static Task<HttpResponseMessage> OpenAsync(OneNode node) =>
        node.Client.GetAsync(NodeRoutes.Feed, HttpCompletionOption.ResponseHeadersRead, Stopping);

    private sealed class Ignored : IFeedOutput
    {
        public bool TryWrite(FeedParcel parcel) => true;

        public void Complete()
        {
        }
    }
}
