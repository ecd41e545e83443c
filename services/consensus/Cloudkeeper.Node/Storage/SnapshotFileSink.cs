using System.Buffers;
using System.Diagnostics;
using System.Threading.Channels;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Storage;

/// <summary>Writes a snapshot's blocks to its file, off the replica's turn.</summary>
internal sealed class SnapshotFileSink : ISnapshotSink
{
    /// <summary>Blocks that may wait for the disk: the replica stops making more of them.</summary>
    private const int WaitingMax = 8;

    private readonly Channel<ArraySegment<byte>> _blocks = Channel.CreateUnbounded<ArraySegment<byte>>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly SnapshotStore _store;
    private readonly SnapshotMetadata _metadata;
    private readonly Action _wantsMore;
    private readonly Action<bool, TimeSpan> _stored;
    private int _waiting;
    private bool _isAbandoned;

    /// <param name="wantsMore">Called when there is room for blocks again.</param>
    /// <param name="stored">Called once at the end: durable or failed, and how long it took.</param>
    public SnapshotFileSink(
        SnapshotStore store,
        SnapshotMetadata metadata,
        Action wantsMore,
        Action<bool, TimeSpan> stored)
    {
        _store = store;
        _metadata = metadata;
        _wantsMore = wantsMore;
        _stored = stored;
        Writing = Task.Run(WriteAsync);
    }

    public Task Writing { get; }

    public bool WantsMore => Volatile.Read(ref _waiting) < WaitingMax;

    public void Write(ReadOnlySpan<byte> block)
    {
        Interlocked.Increment(ref _waiting);

        // Blocks are large objects: new ones would bring a full collection of a large heap every few megabytes.
        var copy = new ArraySegment<byte>(ArrayPool<byte>.Shared.Rent(block.Length), 0, block.Length);
        block.CopyTo(copy);
        _blocks.Writer.TryWrite(copy);
    }

    public void Complete() => _blocks.Writer.Complete();

    public void Abandon()
    {
        Volatile.Write(ref _isAbandoned, true);
        _blocks.Writer.TryComplete();
    }

    private async Task WriteAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var succeeded = false;
        try
        {
            using var file = _store.Create(_metadata);
            await foreach (var block in _blocks.Reader.ReadAllAsync())
            {
                file.Write(block);
                ArrayPool<byte>.Shared.Return(block.Array!);
                Interlocked.Decrement(ref _waiting);
                _wantsMore();
            }

            if (!Volatile.Read(ref _isAbandoned))
            {
                file.Commit();
                _store.Purge(keep: 2);
                succeeded = true;
            }
        }
        catch (StorageFullException)
        {
            // The log in front of the snapshot stays; the next one may find room.
            while (await _blocks.Reader.WaitToReadAsync())
            {
                while (_blocks.Reader.TryRead(out _))
                {
                    Interlocked.Decrement(ref _waiting);
                }

                _wantsMore();
            }
        }

        _stored(succeeded, Stopwatch.GetElapsedTime(started));
    }
}
