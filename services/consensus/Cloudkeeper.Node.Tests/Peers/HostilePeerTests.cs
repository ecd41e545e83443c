using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Tests.Joining;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;

namespace Cloudkeeper.Node.Tests.Peers;

/// <summary>
/// AT-14: a process with the cluster key and no vote may send anything. It loses its stream, and that is all.
/// </summary>
public sealed class HostilePeerTests : IDisposable
{
    private static readonly (string Name, string Value)[] Impatient =
        [("Node:TickInterval", "00:00:00.010"), ("Node:ElectionTicks", "3")];

    // Not the factory's, which reads a whole body before it sends the first byte.
    private readonly HttpClient _client = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-hostile-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task No_message_of_a_stranger_deposes_the_leader_or_raises_its_term()
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        var before = node.Replica.State;
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            using var body = AnyStream(random, node.Replica.State);
            using var response = await PostAsync(node, StreamOf(node, random.Next(2, 6)), body);
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"seed {seed}: {response}");
        }

        await node.WriteAsync("/after", "it");
        Assert.Equal((true, before.Term), (node.Replica.State.IsLeader, node.Replica.State.Term));
    }

    [Theory]
    [InlineData("another sender")]
    [InlineData("another receiver")]
    [InlineData("a snapshot beside its file")]
    [InlineData("a term without end")]
    [InlineData("an index without end")]
    [InlineData("no message")]
    public async Task A_message_that_no_member_can_send_ends_the_stream_and_is_counted(string what)
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        var (self, stranger) = (node.Replica.Id, new NodeId(7));
        var term = new Term(node.Replica.State.Term);
        var heartbeat = new HeartbeatRequest(stranger, self, term, LogIndex.Zero, 0);
        var frame = what switch
        {
            "another sender" => Frame(heartbeat with { From = new NodeId(8) }),
            "another receiver" => Frame(heartbeat with { To = new NodeId(8) }),
            "a snapshot beside its file" => Frame(new SnapshotRequest(
                stranger, self, term, new SnapshotMetadata(new LogIndex(9), term, node.Replica.State.Membership))),
            "a term without end" => Frame(heartbeat with { Term = new Term(long.MaxValue) }),
            "an index without end" => Frame(heartbeat with { Commit = new LogIndex(long.MaxValue) }),
            _ => [3, 0, 0, 0, 9, 9, 9],
        };

        // The stream stays open on this side: its end comes from the other.
        using var content = new OpenStream(frame);
        using var response = await PostAsync(node, StreamOf(node, stranger.Value), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var metrics = await node.Client.GetStringAsync("/metrics", Stopping);
        Assert.Contains("cloudkeeper_node_peer_protocol_violations_total 1", metrics, StringComparison.Ordinal);
        Assert.Equal(term.Value, node.Replica.State.Term);
    }

    /// <summary>
    /// The node's log may be behind: then voters that it knows vouch for the leader, and no other process can.
    /// </summary>
    [Fact]
    public async Task A_leader_that_the_log_does_not_know_is_followed_once_a_known_voter_vouches_for_it()
    {
        var (cluster, instance) = (Guid.Empty, Guid.NewGuid());
        await using var voter = await OtherMember.StartAsync(
            _ => TypedResults.StatusCode(StatusCodes.Status421MisdirectedRequest),
            voters: () => TypedResults.Ok(new VotersBody(cluster, [new VoterBody(7, instance, "http://127.0.0.1:7")])));
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory, voter.Address, hasSockets: true, Impatient);
        cluster = node.Replica.ClusterId;
        var heartbeat = Frame(new HeartbeatRequest(new NodeId(7), node.Replica.Id, new Term(1_000), LogIndex.Zero, 0));
        var impostor = Frame(new HeartbeatRequest(new NodeId(8), node.Replica.Id, new Term(2_000), LogIndex.Zero, 0));

        await Eventually.TrueAsync(
            async () =>
            {
                using var content = new ByteArrayContent(heartbeat);
                using var heard = await PostAsync(node, StreamOf(node, 7, instance), content);
                using var more = new ByteArrayContent(impostor);
                using var unheard = await PostAsync(node, StreamOf(node, 8), more);
                return node.Replica.State.Term >= 1_000;
            },
            TimeSpan.FromSeconds(60),
            "followed");
        Assert.True(node.Replica.State.Term < 2_000);
    }

    /// <summary>A peer has just reported the removal; the cluster answers that it is a member.</summary>
    [Fact]
    public async Task A_member_whose_peer_reports_its_removal_asks_the_cluster_and_goes_by_that()
    {
        var isRemoved = false;
        await using var other = await OtherMember.StartAsync(
            a => isRemoved
                ? TypedResults.Conflict(new RefusalBody("removed", "n1 was removed."))
                : TypedResults.Ok(new AdmissionBody(a.Cluster!.Value, 1, [])),
            stream: () => TypedResults.Text("n1 was removed.", statusCode: StatusCodes.Status410Gone));
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory, other.Address, Impatient);

        for (var i = 0; i < 3; i++)
        {
            await other.AskedAsync();
        }

        Assert.Equal(NodePhase.Member, node.Node.Phase);
        isRemoved = true;
        await Eventually.TrueAsync(
            () => Task.FromResult(node.Node.Phase == NodePhase.Removed), TimeSpan.FromSeconds(60), "removed");
    }

    private async Task<HttpResponseMessage> PostAsync(OneNode node, string stream, HttpContent content)
    {
        var address = new Uri(node.Client.BaseAddress!, stream);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        request.Headers.Add("Authorization", TestClusterKey.Authorization);
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stopping);
    }

    private static string StreamOf(OneNode node, int from, Guid? instance = null) => PeerRoutes.Stream
        + new PeerIdentity(node.Replica.ClusterId, new NodeId(from), instance ?? Guid.NewGuid(), "http://127.0.0.1:9")
            .QueryTo(node.Replica.Id);

    private static ByteArrayContent AnyStream(Random random, NodeState state)
    {
        var body = new List<byte>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var frame = Frame(AnyMessage(random, state));
            if (random.Next(3) == 0)
            {
                frame[random.Next(frame.Length)] = (byte)random.Next(256);
            }

            body.AddRange(random.Next(10) == 0 ? frame[..random.Next(frame.Length)] : frame);
        }

        return new ByteArrayContent([.. body]);
    }

    private static RaftMessage AnyMessage(Random random, NodeState state)
    {
        var (from, to, term, other) = (new NodeId(random.Next(1, 6)), new NodeId(1), new Term(Any(state.Term)), new Term(Any(state.Term)));
        LogIndex Index() => new(Any(state.LastIndex));
        return random.Next(9) switch
        {
            0 => new PreVoteRequest(from, to, term, Index(), other),
            1 => new PreVoteReply(from, to, term, random.Next(2) == 0),
            2 => new VoteRequest(from, to, term, Index(), other, random.Next(2) == 0),
            3 => new VoteReply(from, to, term, random.Next(2) == 0),
            4 => new AppendRequest(
                from, to, term, Index(), other, [new LogEntry(new LogIndex(1), term, EntryKind.Command, new byte[9])], Index()),
            5 => new AppendReply(from, to, term, Index(), random.Next(2) == 0 ? Index() : null, Index(), other),
            6 => new HeartbeatRequest(from, to, term, Index(), random.Next(9)),
            7 => new HeartbeatReply(from, to, term, random.Next(9)),
            _ => new TimeoutNowRequest(from, to, term, new LogIndex(state.LastIndex), new Term(state.Term)),
        };

        long Any(long near) => random.Next(6) switch
        {
            0 => long.MaxValue,
            1 => Term.Largest,
            2 => -1,
            _ => near + random.Next(-1, 3),
        };
    }

    private static byte[] Frame(RaftMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        RaftMessageCodec.Write(bytes, message);
        var frame = new byte[sizeof(int) + bytes.WrittenCount];
        BinaryPrimitives.WriteInt32LittleEndian(frame, bytes.WrittenCount);
        bytes.WrittenSpan.CopyTo(frame.AsSpan(sizeof(int)));
        return frame;
    }

    /// <summary>Sends its bytes, and then nothing until the request is over.</summary>
    private sealed class OpenStream(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
