using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

/// <summary>Snapshots of every released version, kept for good. REWRITE=1 writes that of the current one.</summary>
public sealed class GoldenSnapshotTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_snapshot_of_every_version_is_loaded_forever(int version)
    {
        var loaded = SnapshotTests.Load(ReadBlocks(FileOf(version)), StateMachineOptions.Default);
        Assert.Equal(RevisionOf(version), loaded.Revision.Value);
        Assert.Equal(6, loaded.NodeCount);
        Assert.Equal(version, loaded.FeatureLevel);
        Same.States(Script(version).State, loaded);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_state_of_every_level_writes_the_same_bytes_on_every_machine(int level)
    {
        var blocks = SnapshotTests.Write(Script(level).State, byteBudget: 300);
        if (Environment.GetEnvironmentVariable("REWRITE") == "1" && level == FeatureLevels.Newest)
        {
            File.WriteAllBytes(PathOf(FileOf(level)), Join(blocks));
        }

        Assert.Equal(ReadBlocks(FileOf(level)), blocks);
    }

    // One of everything that a snapshot holds.
    private static Machine Script(int level)
    {
        var hasFloor = level >= FeatureLevels.DeletionFloor;
        var machine = new Machine(hasFloor ? new StateMachineOptions { TombstonesMax = 1 } : null);
        for (var next = FeatureLevels.First + 1; next <= level; next++)
        {
            machine.RaiseLevel(next);
            machine.Now += 60_000;
        }

        var session = machine.OpenSession(ttl: 30_000, name: "worker");
        var lane = machine.OpenLane();
        machine.Put("/app", "väl");
        machine.Now += 17;
        machine.PutEphemeral("/app/member", session, "me");
        machine.Run(new WriteOperation(
            "/app/short", Bytes("x"), "text/plain", Kind: NodeKind.Ttl, KindGiven: true, TtlMilliseconds: 5_000));
        machine.Run(new CloseSessionCommand(machine.OpenSession()));
        machine.Put("/gone");
        machine.Delete("/gone");
        machine.Apply(new CommandBatch(lane, 1, [Request(new AcquireLockCommand("/lock", session, 0, "w", true), 1, "key")]));
        if (level >= FeatureLevels.TouchedParents)
        {
            var shortLived = new WriteOperation("/app/member-2", Bytes("x"), "text/plain");
            machine.Transact(shortLived, new DeleteOperation(shortLived.Path), new WriteOperation("/lock", Bytes("x"), ""));
        }

        if (level >= FeatureLevels.GatewayTable)
        {
            machine.Run(new RegisterGatewayCommand(new GatewayEntry("g1", "http://10.0.0.4:7100", session)));
        }

        if (hasFloor)
        {
            machine.Put("/gone");
            machine.Delete("/gone");
        }

        return machine;
    }

    private static byte[] Join(List<byte[]> blocks)
    {
        var file = new MemoryStream();
        var length = new byte[sizeof(int)];
        foreach (var block in blocks)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, block.Length);
            file.Write(length);
            file.Write(block);
        }

        return file.ToArray();
    }

    private static List<byte[]> ReadBlocks(string name)
    {
        var file = File.ReadAllBytes(PathOf(name));
        var blocks = new List<byte[]>();
        for (var at = 0; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
            blocks.Add(file.AsSpan(at + sizeof(int), length).ToArray());
            at += sizeof(int) + length;
        }

        return blocks;
    }

    private static long RevisionOf(int level) => level switch
    {
        < FeatureLevels.TouchedParents => 9,
        < FeatureLevels.DeletionFloor => 10,
        _ => 12,
    };

    private static string FileOf(int version) => $"snapshot-v{version}.bin";

    private static string PathOf(string name, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "testdata", name);
}
