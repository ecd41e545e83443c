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
    private readonly int _keep;
    private readonly Action _wantsMore;
    private readonly Action<bool, TimeSpan> _stored;
    private readonly Action<Exception> _fatal;
    private int _waiting;
    private bool _isAbandoned;

    /// <param name="keep">Snapshots that stay once this one is durable, itself included.</param>
    /// <param name="wantsMore">Called when there is room for blocks again.</param>
    /// <param name="stored">Called once at the end: durable, or no room; and how long it took.</param>
    /// <param name="fatal">Any other failure of the disk: the process must end (rule R3).</param>
    public SnapshotFileSink(
        SnapshotStore store,
        SnapshotMetadata metadata,
        int keep,
        Action wantsMore,
        Action<bool, TimeSpan> stored,
        Action<Exception> fatal)
    {
        _store = store;
        _metadata = metadata;
        _keep = keep;
        _wantsMore = wantsMore;
        _stored = stored;
        _fatal = fatal;
    }

    public bool WantsMore => Volatile.Read(ref _waiting) < WaitingMax;

    public void Write(ReadOnlySpan<byte> block)
    {
        Interlocked.Increment(ref _waiting);

        // Blocks are large objects: new ones would bring a full collection of a large heap every few megabytes.
        var copy = new ArraySegment<byte>(ArrayPool<byte>.Shared.Rent(block.Length), 0, block.Length);
        block.CopyTo(copy);
        if (!_blocks.Writer.TryWrite(copy))
        {
            // It was abandoned, and the replica does not know yet.
            GiveBack(copy);
        }
    }

    public void Complete() => _blocks.Writer.TryComplete();

    public void Abandon()
    {
        Volatile.Write(ref _isAbandoned, true);
        _blocks.Writer.TryComplete();
    }

#pragma warning disable CA1031 // Any failure of the disk ends the process.
    /// <summary>
    /// Writes the blocks as they come. To be called once; the caller that waits for it may take the directory away.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var registration = stopping.Register(Abandon);
        try
        {
            var started = Stopwatch.GetTimestamp();
            var succeeded = await TryWriteAsync();
            _stored(succeeded, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e)
        {
            _fatal(e);
        }
    }
#pragma warning restore CA1031

    /// <returns>False: there was no room, or the snapshot is not wanted any more.</returns>
    private async Task<bool> TryWriteAsync()
    {
        try
        {
            using var file = _store.Create(_metadata);
            await foreach (var block in _blocks.Reader.ReadAllAsync())
            {
                file.Write(block);
                Written(block);
            }

            if (Volatile.Read(ref _isAbandoned))
            {
                return false;
            }

            file.Commit();
            _store.Purge(_keep);
            return true;
        }
        catch (StorageFullException)
        {
            // The log in front of the snapshot stays; the next one may find room.
            await foreach (var block in _blocks.Reader.ReadAllAsync())
            {
                Written(block);
            }

            return false;
        }
    }

    private void Written(ArraySegment<byte> block)
    {
        GiveBack(block);
        _wantsMore();
    }

    private void GiveBack(ArraySegment<byte> block)
    {
        ArrayPool<byte>.Shared.Return(block.Array!);
        Interlocked.Decrement(ref _waiting);
    }
}
