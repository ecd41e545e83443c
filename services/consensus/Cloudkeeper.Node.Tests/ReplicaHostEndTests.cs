using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Tests;

/// <summary>A node's work is over before the data directory is another process's.</summary>
public sealed class ReplicaHostEndTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-end-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_snapshot_under_way_ends_with_the_node()
    {
        var node = OneNode.Start(_directory);
        await node.LeadAsync();
        var replica = node.Replica;
        var sink = ((IReplicaHost)replica).CreateSnapshot(new SnapshotMetadata(new LogIndex(7), new Term(1), Membership.Empty));
        sink.Write(new byte[1 << 20]);
        while (Temporaries == 0)
        {
            await Task.Yield();
        }

        await node.DisposeAsync();
        Assert.Equal(0, Temporaries);
    }

    [Fact]
    public async Task Work_beside_the_turns_is_cancelled_and_waited_for()
    {
        var node = OneNode.Start(_directory);
        await node.LeadAsync();
        var cancelled = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var work = node.Replica.RunAsync(async stopping =>
        {
            using var registration = stopping.Register(cancelled.SetResult);
            await mayEnd.Task;
            return IsTaken();
        });

        var ending = node.DisposeAsync().AsTask();
        await cancelled.Task;
        Assert.False(ending.IsCompleted);
        mayEnd.SetResult();
        Assert.True(await work);
        await ending;
        Assert.False(IsTaken());
    }

    [Fact]
    public async Task Nothing_is_begun_and_no_turn_is_taken_by_a_node_that_has_ended()
    {
        var node = OneNode.Start(_directory);
        await node.LeadAsync();
        var replica = node.Replica;
        await node.DisposeAsync();

        await Assert.ThrowsAsync<TaskCanceledException>(() => replica.RunAsync(static _ => Task.FromResult(true)));
        await Assert.ThrowsAsync<TaskCanceledException>(() => replica.AskAsync(static _ => true));
    }

    private int Temporaries => Directory.EnumerateFiles(_directory, "tmp-snapshot-*").Count();

    private bool IsTaken()
    {
        try
        {
            using var files = new PhysicalFileSystem(_directory);
            return false;
        }
        catch (StorageFailedException)
        {
            return true;
        }
    }
}
