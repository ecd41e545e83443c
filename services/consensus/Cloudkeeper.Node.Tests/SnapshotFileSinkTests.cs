using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Tests;

public sealed class SnapshotFileSinkTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-sink-").FullName;
    private readonly TaskCompletionSource<object> _end = new();

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task Written_blocks_are_stored()
    {
        using var files = new PhysicalFileSystem(_directory);
        var store = new SnapshotStore(files, Guid.Empty);
        var sink = Create(store);
        sink.Write("one"u8);
        sink.Complete();

        Assert.Equal(true, await _end.Task.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(7, store.FindNewest()?.Index.Value);
    }

    [Fact]
    public async Task A_snapshot_that_is_not_wanted_any_more_leaves_none()
    {
        using var files = new PhysicalFileSystem(_directory);
        var store = new SnapshotStore(files, Guid.Empty);
        var sink = Create(store);
        sink.Write("one"u8);
        sink.Abandon();

        Assert.Equal(false, await _end.Task.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Null(store.FindNewest());
    }

    /// <summary>Rule R3: a disk that fails ends the process, with any of its files.</summary>
    [Fact]
    public async Task A_failing_disk_is_fatal_and_not_swallowed()
    {
        using var files = new PhysicalFileSystem(_directory);
        var store = new SnapshotStore(files, Guid.Empty);
        Directory.Delete(_directory, recursive: true);
        var sink = Create(store);
        sink.Write("one"u8);
        sink.Complete();

        Assert.IsAssignableFrom<Exception>(await _end.Task.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_snapshot_of_a_node_that_stops_leaves_the_disk_alone_and_takes_further_blocks()
    {
        using var files = new PhysicalFileSystem(_directory);
        using var stopping = new CancellationTokenSource();
        var store = new SnapshotStore(files, Guid.Empty);
        var sink = Create(store, out var writing, stopping.Token);
        sink.Write("one"u8);
        await stopping.CancelAsync();
        await writing;
        Directory.Delete(_directory, recursive: true);
        for (var i = 0; i < 20; i++)
        {
            sink.Write("two"u8);
        }

        sink.Complete();
        Assert.True(sink.WantsMore);
        Assert.Equal(false, await _end.Task.WaitAsync(TestContext.Current.CancellationToken));
    }

    private SnapshotFileSink Create(SnapshotStore store) => Create(store, out _, CancellationToken.None);

    private SnapshotFileSink Create(SnapshotStore store, out Task writing, CancellationToken stopping)
    {
        var sink = new SnapshotFileSink(
            store,
            new SnapshotMetadata(new LogIndex(7), new Term(1), Membership.Empty),
            keep: 2,
            wantsMore: () => { },
            stored: (succeeded, _) => _end.SetResult(succeeded),
            fatal: _end.SetResult);
        writing = Task.Run(() => sink.RunAsync(stopping), CancellationToken.None);
        return sink;
    }
}
