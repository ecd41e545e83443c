using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests;

public sealed class NodeEndpointsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-node-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_write_is_read_at_its_revision()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var revision = await node.WriteAsync("/a", "hello");

        var (read, at) = await ReadAsync(node, new ReadNodeRequest("/a", WithValue: true));

        var result = Assert.IsType<ReadNodeResult>(read);
        Assert.Equal("hello", Encoding.UTF8.GetString(result.Value.Span));
        Assert.Equal(revision, result.Stat?.ModifiedRevision);
        Assert.Equal(revision, at);
    }

    [Fact]
    public async Task Without_a_quorum_commands_and_linearizable_reads_are_misdirected_and_local_reads_are_answered()
    {
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory);

        var (status, _) = await node.SubmitAsync(
            new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], new OpenLaneCommand())]));
        var (linearizable, _) = await node.PostAsync(NodeRoutes.Reads, Encode(ReadConsistency.Linearizable));
        var (local, _) = await node.PostAsync(NodeRoutes.Reads, Encode(ReadConsistency.Local));
        using var ready = await node.Client.GetAsync("/readyz", Stopping);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, status);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, linearizable);
        Assert.Equal(HttpStatusCode.OK, local);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
    }

    [Theory]
    [InlineData(NodeRoutes.Commands)]
    [InlineData(NodeRoutes.Reads)]
    [InlineData(NodeRoutes.Keepalives)]
    public async Task Bytes_that_are_no_batch_are_refused(string route)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            var (status, _) = await node.PostAsync(route, bytes);
            Assert.Equal(HttpStatusCode.BadRequest, status);
        }

        Assert.NotEqual(Revision.Zero, await node.WriteAsync("/a", "still here"));
    }

    [Fact]
    public async Task A_leaders_command_is_refused_with_the_whole_batch_and_its_reason()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var session = Assert.IsType<SessionInfo>((await node.ExecuteAsync(new OpenSessionCommand(60_000, "s"))).Body).Id;
        var end = new ExpireSessionsCommand(node.Replica.State.Term, [new ExpiredSession(session, 0)]);
        var body = new ArrayBufferWriter<byte>();
        CommandCodec.Write(body, new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], end)]));

        var (status, reason) = await node.PostAsync(NodeRoutes.Commands, body.WrittenMemory);

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("only the leader itself decides", Encoding.UTF8.GetString(reason), StringComparison.Ordinal);
        Assert.Equal(ResultCode.Ok, (await node.ExecuteAsync(new CloseSessionCommand(session))).Code);
    }

    /// <summary>Alerts go by both: they are there before anything happens.</summary>
    [Fact]
    public async Task Differing_states_and_quarantine_are_measured_from_the_start()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var lines = (await node.Client.GetStringAsync("/metrics", Stopping)).Split('\n');
        Assert.Contains("cloudkeeper_node_digest_differences_total 0", lines);
        Assert.Contains("cloudkeeper_node_quarantined 0", lines);
    }

    [Fact]
    public async Task An_answer_with_large_values_ends_early_and_is_never_empty()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        await node.WriteAsync("/large", new string('x', Limits.ValueBytesMax));
        var body = new ArrayBufferWriter<byte>();
        var requests = Enumerable.Repeat(new ReadNodeRequest("/large", WithValue: true), 20).ToArray();
        ReadRequestCodec.Write(body, new ReadBatch(ReadConsistency.Linearizable, Revision.Zero, requests));

        var (_, bytes) = await node.PostAsync(NodeRoutes.Reads, body.WrittenMemory);

        Assert.Single(ReadResultCodec.Read(bytes).Results);
    }

    private static async Task<SessionId> OpenSessionAsync(OneNode node, string name) =>
        Assert.IsType<SessionInfo>((await node.ExecuteAsync(new OpenSessionCommand(60_000, name))).Body).Id;

    public static TheoryData<string> LargeListings => ["children", "subtree", "sessions", "session", "lock"];

    /// <summary>F-02 and SR-H2: what has no values is counted as well.</summary>
    [Theory]
    [MemberData(nameof(LargeListings))]
    public async Task An_answer_of_many_listings_of_any_kind_ends_early(string kind)
    {
        const int Entries = 200;
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var session = await OpenSessionAsync(node, new string('s', Limits.NameBytesMax));
        for (var i = 0; i < Entries; i++)
        {
            var child = $"/parent/{i.ToString("d4", System.Globalization.CultureInfo.InvariantCulture)}{new string('x', 100)}";
            await node.ExecuteAsync(new MutationCommand(new WriteOperation(
                child, ReadOnlyMemory<byte>.Empty, "text/plain", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session, Parents: true)));
            await OpenSessionAsync(node, new string('s', Limits.NameBytesMax));
            await node.ExecuteAsync(new AcquireLockCommand("/lock", null, 60_000, new string('o', Limits.NameBytesMax), Queue: true));
        }

        ReadRequest request = kind switch
        {
            "children" => new ReadChildrenRequest("/parent", "", Entries, WithValues: false),
            "subtree" => new ReadSubtreeRequest("/parent", "", DepthMax: 1, Entries, WithValues: false),
            "sessions" => new ReadSessionsRequest(default, Entries),
            "session" => new ReadSessionRequest(session),
            _ => new ReadLockRequest("/lock"),
        };
        var body = new ArrayBufferWriter<byte>();
        ReadRequestCodec.Write(
            body, new ReadBatch(ReadConsistency.Linearizable, Revision.Zero, [.. Enumerable.Repeat(request, Limits.BatchItemsMax)]));

        var (_, bytes) = await node.PostAsync(NodeRoutes.Reads, body.WrittenMemory);

        Assert.InRange(bytes.Length, 1, 2 * Cloudkeeper.Node.Reads.ReadQueue.TurnBytesMax);
        var results = ReadResultCodec.Read(bytes).Results;
        Assert.InRange(results.Count, 1, Limits.BatchItemsMax - 1);
        Assert.All(results, result => Assert.Equal(ResultCode.Ok, result.Code));
    }

    [Fact]
    public async Task Keepalives_are_counted_and_expired_sessions_are_reported()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var opened = await node.ExecuteAsync(new OpenSessionCommand(60_000, "worker"));
        var closed = await node.ExecuteAsync(new OpenSessionCommand(60_000, "worker"));
        var alive = Assert.IsType<SessionInfo>(opened.Body).Id;
        var dead = Assert.IsType<SessionInfo>(closed.Body).Id;
        await node.ExecuteAsync(new CloseSessionCommand(dead));

        var body = new ArrayBufferWriter<byte>();
        KeepaliveCodec.WriteSessions(body, [alive, dead, new SessionId(999)]);
        var (status, bytes) = await node.PostAsync(NodeRoutes.Keepalives, body.WrittenMemory);

        Assert.Equal(HttpStatusCode.OK, status);
        var results = KeepaliveCodec.ReadResults(bytes);
        Assert.Equal(
            [KeepaliveStatus.Alive, KeepaliveStatus.Expired, KeepaliveStatus.Unknown],
            results.Select(r => r.Status));
        Assert.InRange(results[0].ExpiresInMilliseconds, 1, 60_000);
        Assert.All(results, r => Assert.Equal(closed.Revision.Next(), r.Revision));
    }

    [Fact]
    public async Task The_feed_gives_history_and_then_new_changes_without_a_gap()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        for (var i = 0; i < 3; i++)
        {
            await node.WriteAsync($"/before-{i}", "x");
        }

        using var feed = await node.Client.GetStreamAsync(NodeRoutes.Feed + "?from=1", Stopping).WaitAsync(Stopping);
        await node.WriteAsync("/after", "y");

        var revisions = new List<long>();
        while (revisions.LastOrDefault() < 4)
        {
            if (await ReadFrameAsync(feed) is ChangeSetFrame { ChangeSet: var set })
            {
                Assert.Equal(set.Revision.Value - 1, set.Previous.Value);
                revisions.Add(set.Revision.Value);
            }
        }

        Assert.Equal([2, 3, 4], revisions);
    }

    [Theory]
    [InlineData("from=2", 2)]
    [InlineData("recent=1", 2)]
    [InlineData("recent=1000", 0)]
    [InlineData("recent=0", 3)]
    [InlineData("", 3)]
    public async Task A_feed_begins_with_its_cluster_and_its_first_revision(string query, long from)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        for (var i = 0; i < 3; i++)
        {
            await node.WriteAsync($"/before-{i}", "x");
        }

        using var feed = await node.Client.GetStreamAsync($"{NodeRoutes.Feed}?{query}", Stopping).WaitAsync(Stopping);

        Assert.Equal(new StartFrame(node.Replica.ClusterId, new Revision(from)), await ReadFrameAsync(feed));
        for (var position = new Revision(from); position < new Revision(3);)
        {
            var set = Assert.IsType<ChangeSetFrame>(await ReadFrameAsync(feed)).ChangeSet;
            Assert.Equal(position, set.Previous);
            position = set.Revision;
        }

        Assert.Equal(new ProgressFrame(new Revision(3)), await ReadFrameAsync(feed));
    }

    [Fact]
    public async Task A_read_point_reflects_all_acknowledged_writes_and_names_its_cluster()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        for (var i = 0; i < 3; i++)
        {
            var written = await node.WriteAsync("/a", $"{i}");
            var (status, bytes) = await node.PostAsync(NodeRoutes.ReadIndex, default);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(new ReadPoint(node.Replica.ClusterId, written), ReadPoint.Read(bytes));
        }
    }

    [Fact]
    public async Task Without_a_quorum_there_is_no_read_point()
    {
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory);
        var (status, _) = await node.PostAsync(NodeRoutes.ReadIndex, default);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, status);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("9007199254740993")]
    public async Task A_feed_from_nowhere_is_refused(string from)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        using var response = await node.Client.GetAsync(NodeRoutes.Feed + "?from=" + from, Stopping);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Started_again_a_node_has_everything_from_snapshot_and_log()
    {
        Revision last = default;
        await using (var node = await OneNode.Start(_directory).LeadAsync())
        {
            for (var i = 0; i < 250; i++)
            {
                last = await node.WriteAsync($"/n{i % 20}", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            while (node.Replica.State.SnapshotIndex == 0)
            {
                last = await node.WriteAsync("/more", "until the snapshot is durable");
            }
        }

        Assert.NotEmpty(Directory.GetFiles(_directory, "snapshot-*"));
        await using var again = await OneNode.Start(_directory).LeadAsync();
        var (read, at) = await ReadAsync(again, new ReadNodeRequest("/n9", WithValue: true));

        Assert.Equal(last, at);
        Assert.Equal("249", Encoding.UTF8.GetString(Assert.IsType<ReadNodeResult>(read).Value.Span));
    }

    [Fact]
    public async Task Before_it_belongs_to_a_cluster_a_node_identifies_itself_and_does_not_serve()
    {
        await using var node = OneNode.Start(_directory, "1=http://127.0.0.1:1,2=http://127.0.0.1:2,3=http://127.0.0.1:3");

        var (commands, _) = await node.PostAsync(NodeRoutes.Commands, new byte[10]);
        using var health = await node.Client.GetAsync("/healthz", Stopping);
        using var ready = await node.Client.GetAsync("/readyz", Stopping);
        var view = await node.Client.GetFromJsonAsync<JsonElement>(NodeRoutes.Membership, Stopping);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, commands);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("new", view.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, view.GetProperty("cluster").ValueKind);
        Assert.Equal(node.Node.Directory.Instance, view.GetProperty("instance").GetGuid());
    }

    [Fact]
    public async Task A_node_whose_log_is_gone_does_not_begin_another_one_and_logs_what_to_do()
    {
        await using (await OneNode.Start(_directory).LeadAsync())
        {
        }

        foreach (var file in Directory.GetFiles(_directory, "log-*"))
        {
            File.Delete(file);
        }

        // It has voted once and does not know for which candidate: it must not vote again.
        await using var again = OneNode.Start(_directory);
        var view = await again.Client.GetFromJsonAsync<JsonElement>(NodeRoutes.Membership, Stopping);
        while (!view.GetProperty("detail").GetString()!.Contains("restore a backup", StringComparison.Ordinal))
        {
            view = await again.Client.GetFromJsonAsync<JsonElement>(NodeRoutes.Membership, Stopping);
        }

        Assert.Equal("damaged", view.GetProperty("state").GetString());
        Assert.Null(again.Node.Replica);
        Assert.True(File.Exists(Path.Combine(_directory, "identity")));
    }

    [Fact]
    public async Task Gateways_that_have_registered_are_listed()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        while ((await node.Client.GetFromJsonAsync<JsonElement>(NodeRoutes.Cluster, Stopping)).GetProperty("featureLevel").GetInt32()
            < FeatureLevels.GatewayTable)
        {
            await Task.Yield();
        }

        var opened = await node.ExecuteAsync(new OpenSessionCommand(60_000, "gateway g1"));
        var session = ((SessionInfo)opened.Body!).Id;
        var registered = await node.ExecuteAsync(
            new RegisterGatewayCommand(new GatewayEntry("g1", "http://127.0.0.1:7101", session)));
        Assert.Equal(ResultCode.Ok, registered.Code);

        // What clients write is theirs, wherever it stands.
        await node.ExecuteAsync(new MutationCommand(new WriteOperation(
            NodeRoutes.GatewaysPath + "/evil", """{"address":"http://evil:7101"}"""u8.ToArray(), "application/json", Parents: true,
            Kind: NodeKind.Ephemeral, KindGiven: true, Session: session)));

        Assert.Equal(
            """{"gateways":[{"instance":"g1","address":"http://127.0.0.1:7101"}]}""",
            await node.Client.GetStringAsync(NodeRoutes.Gateways, Stopping));
    }

    [Fact]
    public async Task The_cluster_view_names_the_leader_and_its_members()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var cluster = await node.Client.GetFromJsonAsync<JsonElement>(NodeRoutes.Cluster, Stopping);

        Assert.Equal("n1", cluster.GetProperty("leader").GetString());
        var member = Assert.Single(cluster.GetProperty("members").EnumerateArray());
        Assert.Equal("voter", member.GetProperty("role").GetString());
        Assert.Equal("leader", member.GetProperty("state").GetString());
    }

    private static async Task<(ReadResult Result, Revision At)> ReadAsync(OneNode node, ReadRequest request)
    {
        var body = new ArrayBufferWriter<byte>();
        ReadRequestCodec.Write(body, new ReadBatch(ReadConsistency.Linearizable, Revision.Zero, [request]));
        var (status, bytes) = await node.PostAsync(NodeRoutes.Reads, body.WrittenMemory);
        Assert.Equal(HttpStatusCode.OK, status);
        var batch = ReadResultCodec.Read(bytes);
        var result = Assert.Single(batch.Results);
        Assert.Equal(ResultCode.Ok, result.Code);
        return (result, batch.Revision);
    }

    private static byte[] Encode(ReadConsistency consistency)
    {
        var body = new ArrayBufferWriter<byte>();
        ReadRequestCodec.Write(body, new ReadBatch(consistency, Revision.Zero, [new ReadNodeRequest("/", false)]));
        return body.WrittenSpan.ToArray();
    }

    private static async Task<FeedFrame> ReadFrameAsync(Stream feed)
    {
        var header = new byte[sizeof(int)];
        await feed.ReadExactlyAsync(header, Stopping);
        var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(header)];
        await feed.ReadExactlyAsync(frame, Stopping);
        return FeedFrameCodec.Read(frame);
    }
}
