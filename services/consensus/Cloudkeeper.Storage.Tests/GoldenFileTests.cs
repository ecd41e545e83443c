using System.Runtime.CompilerServices;
using System.Text;
using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>Files of every released format version, kept for good. REWRITE=1 writes those of the current one.</summary>
public sealed class GoldenFileTests
{
    private static readonly SnapshotMetadata Snapshot = Make.Snapshot(4, 2);

    private static readonly NodeIdentity Identity = new(Make.Cluster, new NodeId(2))
    {
        Instance = new Guid("7a1f6d0e-4d7b-4d0c-9a53-2b1c0f6e8d01"),
    };

    private static readonly Quarantine Damage = new(new Guid("0f7e0c52-91a4-4c5d-8a3e-5b1f54b7c302"), "the log is damaged");

    public static TheoryData<string> Versions => ["v1", "v2"];

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_directory_of_any_version_is_opened_forever(string version)
    {
        var disk = Golden(version).ToDisk();

        Assert.Equal(version == "v1" ? Identity with { Instance = Guid.Empty } : Identity, IdentityFile.Load(disk));
        Assert.Equal(version == "v1" ? null : Damage, QuarantineFile.Load(disk));
        var store = new SnapshotStore(disk, Make.Cluster);
        Assert.Equal(Snapshot, store.FindNewest());
        using var reader = store.OpenRead(Snapshot);
        Assert.True(reader.TryRead(out var block));
        Assert.Equal("the tree at revision 4", Encoding.UTF8.GetString(block.Span));
        Assert.Equal(
            "term 3 vote 2 commit 5 snapshot 4 [5/2/Command:354032 6/3/Barrier: 7/3/Membership:6D656D62657273]",
            Make.Describe(Make.Recover(disk)));
    }

    [Fact]
    public void The_current_version_writes_the_same_bytes_on_every_machine()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        WriteDirectory(disk);
        var written = DiskImage.Of(disk);
        if (Environment.GetEnvironmentVariable("REWRITE") == "1")
        {
            foreach (var name in written.Names)
            {
                File.WriteAllBytes(Path.Combine(SourceDirectory(), "v2", name), written[name]);
            }
        }

        var golden = Golden("v2");
        Assert.Equal(golden.Names, written.Names);
        Assert.All(written.Names, name => Assert.Equal(golden[name], written[name]));
    }

    private static void WriteDirectory(SimulatedFileSystem disk)
    {
        using (var log = Make.Open(disk))
        {
            log.Append(Make.Write(Make.State(1, vote: 1), Make.Entry(1, 1), Make.Entry(2, 1), Make.Entry(3, 1)));
            log.Append(Make.Write(Make.State(2), Make.Entry(2, 2)));
            log.Sync();
            Make.StoreSnapshot(disk, Snapshot, "the tree at revision 4", "and its sessions");
            log.Append(new RaftWrite(0, Make.State(2, commit: 4), Snapshot, [Make.Entry(5, 2)]));
            log.Append(Make.Entries(Make.Entry(6, 2, new byte[3900])));
            log.Append(Make.Write(
                Make.State(3, commit: 5, vote: 2),
                Make.Entry(6, 3, "") with { Kind = EntryKind.Barrier },
                Make.Entry(7, 3, "members") with { Kind = EntryKind.Membership }));
            log.Sync();
        }

        IdentityFile.Save(disk, Identity);
        QuarantineFile.Save(disk, Damage);
    }

    private static DiskImage Golden(string version)
    {
        var image = new DiskImage();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(SourceDirectory(), version)))
        {
            image[Path.GetFileName(path)] = File.ReadAllBytes(path);
        }

        return image;
    }

    private static string SourceDirectory([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "testdata");
}
