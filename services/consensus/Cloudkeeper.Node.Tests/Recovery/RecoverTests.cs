using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Recovery;

/// <summary>A survivor of a lost majority; on real files.</summary>
public sealed class RecoverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-recover-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task A_survivor_becomes_a_cluster_of_its_own_with_all_that_it_has()
    {
        await WriteAsync();
        AppendUncommitted("/tail");
        var cluster = Identity().ClusterId;
        Assert.Contains("(the last 1 not known to be committed)", Recover().Succeeds().Output, StringComparison.Ordinal);
        Assert.NotEqual(cluster, Identity().ClusterId);

        await using var node = await OneNode.Start(Data).LeadAsync();
        Assert.Equal("kept", await RestoreTests.ReadAsync(node, "/a"));
        Assert.Equal("uncommitted", await RestoreTests.ReadAsync(node, "/tail"));
        Assert.True((await node.WriteAsync("/a", "later")).Value > Revision.IncarnationStride);
    }

    [Fact]
    public async Task Its_old_files_are_kept_and_can_be_looked_at()
    {
        await WriteAsync();
        var before = Verb.Run("inspect", "--data", Data).Succeeds().Output;
        Recover().Succeeds();
        var aside = Assert.Single(Directory.EnumerateDirectories(Data));
        Assert.Equal(before, Verb.Run("inspect", "--data", aside).Succeeds().Output);
    }

    [Fact]
    public async Task Its_node_keeps_its_id_and_is_the_only_member_under_a_new_instance()
    {
        await WriteAsync();
        var before = Identity();
        Recover().Succeeds();
        Assert.Equal(before.Node, Identity().Node);
        Assert.NotEqual(before.Instance, Identity().Instance);
        Assert.Contains(
            "members     n1 http://127.0.0.1:1 (voter)", Verb.Run("inspect", "--data", Data).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_given_is_its_address_from_now_on()
    {
        await WriteAsync();
        Verb.Run("recover", "--data", Data, "--address", "http://127.0.0.1:2").Succeeds();
        Assert.Contains("n1 http://127.0.0.1:2", Verb.Run("inspect", "--data", Data).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_done_while_a_process_uses_the_directory()
    {
        await using var node = await OneNode.Start(Data).LeadAsync();
        foreach (var verb in new[] { "inspect", "verify", "recover" })
        {
            Verb.Run(verb, "--data", Data).Fails("another process");
        }
    }

    [Fact]
    public async Task A_quarantined_directory_is_not_recovered()
    {
        await WriteAsync();
        using (var files = new PhysicalFileSystem(Data))
        {
            QuarantineFile.Save(files, new Quarantine(Guid.NewGuid(), "its digest differed"));
        }

        Recover().Fails("its digest differed");
        Assert.Contains("its digest differed", Verb.Run("inspect", "--data", Data).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_data_the_verbs_report_that_and_make_nothing()
    {
        Recover().Fails("There is no directory");
        Directory.CreateDirectory(Data);
        Recover().Fails("belongs to no cluster");
        Verb.Run("verify", "--data", Data).Fails("belongs to no cluster");
        Assert.Equal(["LOCK"], Directory.EnumerateFileSystemEntries(Data).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Inspection_and_verification_change_nothing()
    {
        await WriteAsync();
        var before = Contents();
        var told = Verb.Run("inspect", "--data", Data).Succeeds().Output;
        Assert.Contains("holds       2 nodes, 0 sessions", told, StringComparison.Ordinal);
        Verb.Run("verify", "--data", Data).Succeeds();
        Assert.Equal(before, Contents());
    }

    [Theory]
    [InlineData("log-")]
    [InlineData("snapshot-")]
    public async Task Verification_names_the_file_that_is_damaged(string prefix)
    {
        await WriteAsync(writes: 150);
        var file = Directory.EnumerateFiles(Data, prefix + "*").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[200] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        var verb = Verb.Run("verify", "--data", Data);
        Assert.Equal(1, verb.Code);
        Assert.Contains(Path.GetFileName(file) + " is damaged", verb.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_verb_that_makes_no_sense_is_answered_with_the_exit_code_for_it()
    {
        Assert.Equal(64, Verb.Run("restore").Code);
        Assert.Equal(64, Verb.Run("recover", "--from", "x").Code);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Verb Recover() => Verb.Run("recover", "--data", Data);

    private async Task WriteAsync(int writes = 1)
    {
        await using var node = await OneNode.Start(Data).LeadAsync();
        for (var i = 0; i < writes; i++)
        {
            await node.WriteAsync("/a", "kept");
        }
    }

    /// <summary>An entry that a lost leader had sent and whose fate is unknown.</summary>
    private void AppendUncommitted(string path)
    {
        using var files = new PhysicalFileSystem(Data);
        var snapshots = new SnapshotStore(files, IdentityFile.Load(files)!.ClusterId);
        var options = new LogStoreOptions { ClusterId = IdentityFile.Load(files)!.ClusterId };
        using var log = RaftLogStore.Open(files, options, snapshots.FindNewest(), out var state);
        var output = new ArrayBufferWriter<byte>();
        output.Write(new byte[EntryPayload.HeaderBytes]);
        var write = new MutationCommand(new WriteOperation(path, "uncommitted"u8.ToArray(), "text/plain"));
        CommandCodec.Write(output, new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], write)]));
        var payload = output.WrittenSpan.ToArray();
        var stamped = EntryPayload.Stamp(payload, new EntryStamp(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        var entry = new LogEntry(log.LastIndex.Next(), state.HardState.Term, EntryKind.Command, stamped);
        log.Append(new RaftWrite(0, state.HardState with { Commit = log.LastIndex }, null, [entry]));
        log.Sync();
    }

    private NodeIdentity Identity()
    {
        using var files = new PhysicalFileSystem(Data);
        return IdentityFile.Load(files)!;
    }

    private List<string> Contents() => [.. Directory.EnumerateFiles(Data).Order(StringComparer.Ordinal)
        .Select(file => file + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))))];
}
