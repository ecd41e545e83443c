using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Peers;

/// <summary>
/// A peer's upload is bounded, is what it was announced as, and keeps no other peer from uploading (SR-M3).
/// </summary>
public sealed class SnapshotUploadTests : IDisposable
{
    private static readonly LogIndex Index = new(50);

    private readonly HttpClient _client = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-upload-").FullName;
    private readonly string _elsewhere = Directory.CreateTempSubdirectory("cloudkeeper-sender-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        Directory.Delete(_directory, recursive: true);
        Directory.Delete(_elsewhere, recursive: true);
    }

    [Theory]
    [InlineData("index")]
    [InlineData("term")]
    [InlineData("members")]
    [InlineData("cluster")]
    [InlineData("content")]
    [InlineData("half of it")]
    public async Task A_file_other_than_announced_leaves_nothing_behind(string what)
    {
        await using var node = await StartAsync();
        var announced = Announced(node);
        var file = what switch
        {
            "index" => FileOf(node.Replica.ClusterId, announced with { Index = new LogIndex(100) }),
            "term" => FileOf(node.Replica.ClusterId, announced with { Term = new Term(5) }),
            "members" => FileOf(node.Replica.ClusterId, announced with
            {
                Membership = new Membership([new Member(new NodeId(9), "http://127.0.0.1:9", IsVoter: true)]),
            }),
            "cluster" => FileOf(Guid.NewGuid(), announced),
            "content" => FileOf(node.Replica.ClusterId, announced, isEmpty: true),
            _ => FileOf(node.Replica.ClusterId, announced)[..^9],
        };

        Assert.Equal(HttpStatusCode.BadRequest, await UploadAsync(node, Request(node, announced), file));

        Assert.Empty(SnapshotFiles());
        Assert.Equal(HttpStatusCode.OK, await UploadAsync(node, Request(node, announced), FileOf(node.Replica.ClusterId, announced)));
        Assert.Equal(Index.Value, node.Replica.State.SnapshotIndex);
    }

    [Fact]
    public async Task A_length_that_the_disk_does_not_have_is_refused_before_a_byte_of_it_is_taken()
    {
        await using var node = await StartAsync();
        using var body = new Upload(Request(node, Announced(node)), [1, 2, 3]) { Length = 1L << 60, IsStalled = true };

        using var response = await PostAsync(node, body);

        Assert.Equal(HttpStatusCode.InsufficientStorage, response.StatusCode);
        Assert.Empty(SnapshotFiles());
    }

    [Fact]
    public async Task A_stalled_upload_gives_way_to_the_next_one_of_its_sender_and_to_a_later_leader()
    {
        await using var node = await StartAsync();
        var announced = Announced(node);
        var file = FileOf(node.Replica.ClusterId, announced);
        using var first = new Upload(Request(node, announced), file[..20]) { Length = file.Length, IsStalled = true };
        using var second = new Upload(Request(node, announced), file[..20]) { Length = file.Length, IsStalled = true };
        var stalled = PostAsync(node, first);
        await EventuallyBegunAsync();
        var again = PostAsync(node, second);
        using (var replaced = await stalled)
        {
            Assert.Equal(HttpStatusCode.Conflict, replaced.StatusCode);
        }

        var later = Request(node, announced, from: 3, term: 9);
        Assert.Equal(HttpStatusCode.OK, await UploadAsync(node, later, file));
        using (var outdated = await again)
        {
            Assert.Equal(HttpStatusCode.Conflict, outdated.StatusCode);
        }

        // The term of before is over: nothing is taken for it any more.
        Assert.Equal(HttpStatusCode.Conflict, await UploadAsync(node, Request(node, announced), file));
        Assert.Equal(Index.Value, node.Replica.State.SnapshotIndex);
        Assert.Equal(["snapshot-0000000000000032-0000000000000004"], SnapshotFiles());
    }

    [Fact]
    public async Task An_upload_that_stops_ends_by_itself()
    {
        await using var node = await StartAsync();
        using var body = new Upload(Request(node, Announced(node)), [1, 2, 3]) { Length = 1 << 20, IsStalled = true };

        using var response = await PostAsync(node, body);

        Assert.Equal(HttpStatusCode.RequestTimeout, response.StatusCode);
        await Eventually.TrueAsync(() => Task.FromResult(SnapshotFiles().Length == 0), TimeSpan.FromSeconds(30), "deleted");
    }

    /// <summary>Former programs do not announce it, and one of them may lead until the level has risen.</summary>
    [Fact]
    public async Task No_length_is_taken_from_former_programs_only()
    {
        await using var node = await StartAsync();
        var file = FileOf(node.Replica.ClusterId, Announced(node));
        using (var unsaid = new Upload(Request(node, Announced(node)), file))
        using (var taken = await PostAsync(node, unsaid))
        {
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        }

        var directory = Directory.CreateDirectory(Path.Combine(_elsewhere, "second")).FullName;
        await using var leader = await OneNode.StartOnSocket(directory).LeadAsync();
        await Eventually.TrueAsync(
            () => leader.Replica.AskAsync(r => r.Machine.FeatureLevel == FeatureLevels.Newest), TimeSpan.FromSeconds(30), "level");
        using var body = new Upload(Request(leader, Announced(leader)), file);
        using var refused = await PostAsync(leader, body);
        Assert.Equal(HttpStatusCode.LengthRequired, refused.StatusCode);
    }

    private async Task<OneNode> StartAsync()
    {
        var node = await OneNode.StartWithoutQuorumAsync(_directory, "http://127.0.0.1:2", hasSockets: true);
        await Eventually.TrueAsync(
            () => Task.FromResult(node.Replica.State.Membership.Members.Count > 0), TimeSpan.FromSeconds(30), "started");
        return node;
    }

    private string[] SnapshotFiles() => [.. Directory.GetFiles(_directory)
        .Select(f => Path.GetFileName(f)).Where(f => f.Contains("snapshot", StringComparison.Ordinal))];

    private static SnapshotMetadata Announced(OneNode node) => new(Index, new Term(4), node.Replica.State.Membership);

    private static SnapshotRequest Request(OneNode node, SnapshotMetadata snapshot, int from = 2, long term = 7) =>
        new(new NodeId(from), node.Replica.Id, new Term(term), snapshot);

    private byte[] FileOf(Guid cluster, SnapshotMetadata metadata, bool isEmpty = false)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_elsewhere, Guid.NewGuid().ToString("N"))).FullName;
        using var files = new PhysicalFileSystem(folder);
        using (var writer = new SnapshotStore(files, cluster).Create(metadata))
        {
            if (isEmpty)
            {
                writer.Commit();
            }
            else
            {
                StateFile.Write(new StateMachine(StateMachineOptions.Default), writer);
            }
        }

        return File.ReadAllBytes(Directory.GetFiles(folder, "snapshot-*").Single());
    }

    private async Task<HttpStatusCode> UploadAsync(OneNode node, SnapshotRequest request, byte[] file)
    {
        using var body = new Upload(request, file) { Length = file.Length };
        using var response = await PostAsync(node, body);
        return response.StatusCode;
    }

    private async Task<HttpResponseMessage> PostAsync(OneNode node, Upload body)
    {
        var sender = new PeerIdentity(node.Replica.ClusterId, body.From, Guid.NewGuid(), "http://127.0.0.1:9");
        var address = new Uri(node.Client.BaseAddress!, PeerRoutes.Snapshot + sender.QueryTo(node.Replica.Id));
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
        request.Headers.Add("Authorization", TestClusterKey.Authorization);
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stopping);
    }

    private Task EventuallyBegunAsync() => Eventually.TrueAsync(
        () => Task.FromResult(SnapshotFiles().Length > 0), TimeSpan.FromSeconds(30), "begun");

    /// <summary>The announcement behind its length, and then these bytes.</summary>
    private sealed class Upload(SnapshotRequest request, byte[] file) : HttpContent
    {
        public NodeId From => request.From;

        /// <summary>Of the file, as it is announced; null: it is not.</summary>
        public long? Length { get; init; }

        /// <summary>Sends nothing behind its bytes until the request is over.</summary>
        public bool IsStalled { get; init; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(Announcement(), cancellationToken);
            await stream.WriteAsync(file, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            if (IsStalled)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = (Length ?? 0) + Announcement().Length;
            return Length is not null;
        }

        private byte[] Announcement()
        {
            var bytes = new ArrayBufferWriter<byte>();
            RaftMessageCodec.Write(bytes, request);
            var frame = new byte[sizeof(int) + bytes.WrittenCount];
            BinaryPrimitives.WriteInt32LittleEndian(frame, bytes.WrittenCount);
            bytes.WrittenSpan.CopyTo(frame.AsSpan(sizeof(int)));
            return frame;
        }
    }
}
