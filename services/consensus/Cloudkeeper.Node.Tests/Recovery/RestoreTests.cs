using System.Globalization;
using System.Net;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Tests.Recovery;

/// <summary>From a running node to a backup, and from that to a new cluster; on real files.</summary>
public sealed class RestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-restore-").FullName;

    private string Old => Path.Combine(_folder, "old");

    private string New => Path.Combine(_folder, "new");

    private string Backup => Path.Combine(_folder, "backup");

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_cluster_begins_with_the_backups_content_at_revisions_of_its_own()
    {
        var revision = await BackUpAsync();
        Restore().Succeeds();
        await using var node = await OneNode.Start(New).LeadAsync();
        Assert.Equal("kept", await ReadAsync(node, "/a"));
        Assert.Null(await ReadAsync(node, "/ephemeral"));
        Assert.InRange(revision, 1, Revision.IncarnationStride - 1);
        Assert.True((await node.WriteAsync("/a", "later")).Value > Revision.IncarnationStride);
        Assert.NotEqual(ClusterOf(Old), ClusterOf(node));
    }

    [Fact]
    public async Task A_restored_node_starts_again_from_its_own_files()
    {
        await BackUpAsync();
        Restore().Succeeds();
        await using (var first = await OneNode.Start(New).LeadAsync())
        {
            await first.WriteAsync("/b", "new");
        }

        await using var again = await OneNode.Start(New).LeadAsync();
        Assert.Equal(("kept", "new"), (await ReadAsync(again, "/a"), await ReadAsync(again, "/b")));
    }

    [Fact]
    public async Task A_backup_holds_everything_that_was_acknowledged_before_it_was_asked_for()
    {
        await using var node = await OneNode.Start(Old).LeadAsync();
        for (var i = 0; i < 5; i++)
        {
            var written = await node.WriteAsync("/a", $"{i}");
            using var response = await node.Client.GetAsync(NodeRoutes.Snapshot, Stopping);
            Assert.Equal(written.ToString(), Assert.Single(response.Headers.GetValues(NodeRoutes.RevisionHeader)));
            Assert.Equal(response.Content.Headers.ContentLength, (await response.Content.ReadAsByteArrayAsync(Stopping)).Length);
            Assert.EndsWith($"-{written}.snapshot", response.Content.Headers.ContentDisposition!.FileName, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Fifty_backups_that_are_asked_for_at_once_are_one_snapshot()
    {
        await using var node = await OneNode.Start(Old).LeadAsync();
        await node.WriteAsync("/a", "kept");
        var before = await SnapshotsAsync(node);
        var backups = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => node.Client.GetByteArrayAsync(NodeRoutes.Snapshot, Stopping)));

        Assert.All(backups, backup => Assert.Equal(backups[0], backup));
        Assert.Equal(before + 1, await SnapshotsAsync(node));
        Assert.Equal(0, node.Memory.UsedBy(MemoryUse.Snapshots));
    }

    [Fact]
    public async Task Too_many_backups_at_a_time_are_refused()
    {
        await using var node = await OneNode.Start(Old).LeadAsync();
        await node.WriteAsync("/a", "kept");
        for (var i = 0; i < BackupsUnderWay.RequestsMax; i++)
        {
            Assert.True(node.Backups.TryEnter());
        }

        using (var refused = await node.Client.GetAsync(NodeRoutes.Snapshot, Stopping))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        }

        node.Backups.Leave();
        using var response = await node.Client.GetAsync(NodeRoutes.Snapshot, Stopping);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Whether the cluster itself commits something meanwhile or not.</summary>
    [Fact]
    public async Task A_snapshot_that_has_been_damaged_on_disk_is_replaced_before_it_is_handed_out()
    {
        await using var node = await OneNode.Start(Old).LeadAsync();
        await node.WriteAsync("/a", "kept");
        var whole = await node.Client.GetByteArrayAsync(NodeRoutes.Snapshot, Stopping);
        byte[] damaged = [.. whole[..^1], (byte)~whole[^1]];
        await File.WriteAllBytesAsync(NewestSnapshot(), damaged, Stopping);

        var handedOut = await node.Client.GetByteArrayAsync(NodeRoutes.Snapshot, Stopping);
        Assert.NotEqual(damaged, handedOut);
        Assert.Equal(handedOut, await File.ReadAllBytesAsync(NewestSnapshot(), Stopping));
        await File.WriteAllBytesAsync(Backup, handedOut, Stopping);
        Verb.Run("verify", "--from", Backup).Succeeds();

        string NewestSnapshot() => Directory.GetFiles(Old, "snapshot-*").Max(StringComparer.Ordinal)!;
    }

    [Fact]
    public async Task Without_a_quorum_there_is_no_backup()
    {
        await using var node = await OneNode.StartWithoutQuorumAsync(Old);
        using var response = await node.Client.GetAsync(NodeRoutes.Snapshot, Stopping);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task A_backup_whose_transfer_broke_off_is_refused_and_nothing_is_written()
    {
        await BackUpAsync();
        var whole = await File.ReadAllBytesAsync(Backup, Stopping);
        await File.WriteAllBytesAsync(Backup, whole[..^1], Stopping);
        Restore().Fails("no whole backup");
        Verb.Run("verify", "--from", Backup).Fails("no whole backup");
        Assert.Equal(["LOCK"], Directory.EnumerateFileSystemEntries(New).Select(Path.GetFileName));

        await File.WriteAllBytesAsync(Backup, whole, Stopping);
        Verb.Run("verify", "--from", Backup).Succeeds();
        Restore().Succeeds();
    }

    [Fact]
    public async Task A_backup_that_is_restored_again_goes_on_above_the_cluster_that_was_made_of_it_before()
    {
        await BackUpAsync();
        var told = Restore("--above", $"{Revision.IncarnationStride + 5}").Succeeds();
        Assert.Contains($"revision    {2 * Revision.IncarnationStride}", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_is_not_restored_over_anything()
    {
        await BackUpAsync();
        Restore().Succeeds();
        Restore().Fails("is not empty");
        Restore("--from", Path.Combine(_folder, "none"), "--data", Path.Combine(_folder, "third")).Fails("none");
    }

    [Fact]
    public async Task Settings_without_the_nodes_identity_are_refused_before_anything_is_read()
    {
        await BackUpAsync();
        Verb.Run("restore", "--from", Backup, "--data", New, "--urls", "http://*:7000").Fails("Node:Address");
        Assert.False(Directory.Exists(New));
    }

    [Fact]
    public async Task The_other_first_members_are_expected_and_vote_when_they_have_arrived()
    {
        await BackUpAsync();
        var members = "1=http://127.0.0.1:1,2=http://127.0.0.1:2,3=http://127.0.0.1:3";
        Verb.Run("restore", "--from", Backup, "--data", New, "--Node:Id", "2", "--Node:Members", members).Succeeds();
        var told = Verb.Run("inspect", "--data", New).Succeeds().Output;
        Assert.Contains("n1 http://127.0.0.1:1 (learner), n2 http://127.0.0.1:2 (voter)", told, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What is given in <paramref name="more"/> wins.</summary>
    private Verb Restore(params string[] more) => Verb.Run(
        ["restore", "--from", Backup, "--data", New, "--Node:Id", "1", "--Node:Members", "1=http://127.0.0.1:1", .. more]);

    private async Task<long> BackUpAsync()
    {
        await using var node = await OneNode.Start(Old).LeadAsync();
        await node.WriteAsync("/a", "kept");
        var session = Assert.IsType<SessionInfo>((await node.ExecuteAsync(new OpenSessionCommand(60_000, "s"))).Body).Id;
        await node.ExecuteAsync(new MutationCommand(new WriteOperation(
            "/ephemeral", "x"u8.ToArray(), "", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session)));
        using var response = await node.Client.GetAsync(NodeRoutes.Snapshot, Stopping);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await File.WriteAllBytesAsync(Backup, await response.Content.ReadAsByteArrayAsync(Stopping), Stopping);
        return long.Parse(
            response.Headers.GetValues(NodeRoutes.RevisionHeader).Single(), System.Globalization.CultureInfo.InvariantCulture);
    }

    internal static async Task<string?> ReadAsync(OneNode node, string path)
    {
        var request = new Protocol.Reads.ReadNodeRequest(path, WithValue: true);
        var result = await node.Replica.AskAsync(r => (Protocol.Reads.ReadNodeResult)r.Machine.Read(request));
        return result.Stat is null ? null : System.Text.Encoding.UTF8.GetString(result.Value.Span);
    }

    private static Guid ClusterOf(string directory)
    {
        using var files = new PhysicalFileSystem(directory);
        return IdentityFile.Load(files)!.ClusterId;
    }

    private static Guid ClusterOf(OneNode node) => node.Replica.ClusterId;

    private static async Task<double> SnapshotsAsync(OneNode node)
    {
        const string name = "cloudkeeper_node_snapshot_seconds_count";
        var lines = (await node.Client.GetStringAsync("/metrics", Stopping)).Split('\n');
        var line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
