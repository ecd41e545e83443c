using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Tests;

/// <summary>The steps of a data directory's life, each taken up again where a crash has left it.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private static readonly Guid Cluster = new("5d9c7a52-6a0f-4a3e-9a55-0d6a4f1f3c11");
    private static readonly NodeOptions Small = new() { SegmentBytes = 64 << 10 };
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-directory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_empty_directory_gets_an_instance_that_stays()
    {
        Guid instance;
        using (var first = Open())
        {
            Assert.False(first.Identity.IsMember);
            instance = first.Instance;
        }

        using var again = Open();
        Assert.Equal(instance, again.Instance);
        Assert.NotEqual(Guid.Empty, instance);
    }

    [Fact]
    public void A_member_opens_the_log_that_it_has_joined_with()
    {
        Guid instance;
        using (var directory = Open())
        {
            instance = directory.Instance;
            NodeStorage.Join(directory, Small, Cluster, new NodeId(4)).Log.Dispose();
        }

        using var again = Open();
        Assert.Equal(new NodeIdentity(Cluster, new NodeId(4)) { Instance = instance }, again.Identity);
        NodeStorage.Open(again, Small).Log.Dispose();
    }

    [Fact]
    public void The_files_of_an_unfinished_start_are_no_log_of_the_next()
    {
        using var directory = Open();
        var unfinished = RaftLogStore.Open(
            directory.Files,
            new LogStoreOptions { ClusterId = Guid.NewGuid(), MayCreate = true, SegmentBytes = 64 << 10 },
            null,
            out _);
        unfinished.Dispose();

        var storage = NodeStorage.Join(directory, Small, Cluster, new NodeId(4));

        Assert.Empty(storage.Recovered.Entries);
        storage.Log.Dispose();
    }

    [Fact]
    public void A_successor_in_quarantine_keeps_its_instance_and_puts_the_damaged_files_aside_once_it_is_accepted()
    {
        BecomeMember();
        Guid successor;
        using (var damaged = Open())
        {
            successor = damaged.BeginQuarantine("the log is damaged").Successor;
            Assert.NotEqual(damaged.Identity.Instance, successor);
        }

        using (var again = Open())
        {
            Assert.Equal(successor, again.Instance);
            Assert.Equal(new NodeId(4), again.Identity.Node);
            Assert.Empty(Aside());
            NodeStorage.Join(again, Small, Cluster, new NodeId(9)).Log.Dispose();
        }

        Assert.Equal(["LOCK", "identity", "log-0000000000000001"], FilesIn(Assert.Single(Aside())));
        using var after = Open();
        Assert.Null(after.Quarantine);
        Assert.Equal(new NodeIdentity(Cluster, new NodeId(9)) { Instance = successor }, after.Identity);
    }

    [Fact]
    public void A_crash_before_the_end_of_a_quarantine_is_made_up_for()
    {
        BecomeMember();
        using (var damaged = Open())
        {
            damaged.BeginQuarantine("the log is damaged");
            damaged.MakeRoom();
        }

        Guid successor;
        using (var afterMove = Open())
        {
            Assert.False(afterMove.Identity.IsMember);
            successor = afterMove.Instance;
            Assert.Equal(successor, afterMove.Quarantine!.Successor);
            IdentityFile.Save(afterMove.Files, new NodeIdentity(Cluster, new NodeId(9)) { Instance = successor });
        }

        using var afterIdentity = Open();
        Assert.Null(afterIdentity.Quarantine);
        Assert.Equal(successor, afterIdentity.Identity.Instance);
        Assert.Equal(new NodeId(9), afterIdentity.Identity.Node);
    }

    [Fact]
    public void A_quarantine_that_is_damaged_in_its_turn_keeps_the_successor_that_has_drawn_its_instance()
    {
        BecomeMember();
        using (var damaged = Open())
        {
            damaged.BeginQuarantine("the log is damaged");
            damaged.MakeRoom();
        }

        Guid successor;
        using (var afterMove = Open())
        {
            successor = afterMove.Identity.Instance;
        }

        File.WriteAllText(Path.Combine(_folder, QuarantineFile.Name), "not a quarantine");
        using (var again = Open())
        {
            Assert.NotNull(again.Quarantine);
            Assert.Equal(successor, again.Instance);
            again.Complete(Cluster, new NodeId(9));
        }

        using var after = Open();
        Assert.Null(after.Quarantine);
        Assert.Equal(successor, after.Identity.Instance);
    }

    [Fact]
    public void A_member_of_version_1_is_given_an_instance_and_stays_in_quarantine()
    {
        using (var files = new PhysicalFileSystem(_folder))
        {
            IdentityFile.Save(files, new NodeIdentity(Cluster, new NodeId(4)));
            QuarantineFile.Save(files, new Quarantine(Guid.NewGuid(), "the log is damaged"));
        }

        Open().Dispose();
        using var directory = Open();

        Assert.NotNull(directory.Quarantine);
        Assert.True(directory.Identity.IsMember);
        Assert.NotEqual(Guid.Empty, directory.Identity.Instance);
        Assert.NotEqual(directory.Quarantine.Successor, directory.Identity.Instance);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_a_readable_identity_a_node_does_not_vote(bool isMissing)
    {
        BecomeMember();
        var path = Path.Combine(_folder, IdentityFile.Name);
        if (isMissing)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllBytes(path, new byte[52]);
        }

        using var directory = Open();

        Assert.False(directory.Identity.IsMember);
        Assert.NotNull(directory.Quarantine);
        Assert.Contains("log-0000000000000001", FilesIn(Assert.Single(Aside())));
        Assert.DoesNotContain("log-0000000000000001", FilesIn(_folder));
    }

    private static IEnumerable<string> FilesIn(string folder) =>
        Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private string[] Aside() => Directory.GetDirectories(_folder, "damaged-*");

    private DataDirectory Open() => OneNode.Open(_folder);

    private void BecomeMember()
    {
        using var directory = Open();
        NodeStorage.Join(directory, Small, Cluster, new NodeId(4)).Log.Dispose();
    }
}
