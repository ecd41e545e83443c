using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Feed;

/// <summary>
/// Gives every committed transaction to all streams, encoded once; a large one outside of the replica's turn. Used on that turn
/// only, but for the streams' own ends.
/// </summary>
public sealed class FeedHub
{
    private readonly List<IFeedOutput> _streams = [];
    private readonly List<ChangeSet> _changes = [];
    private Revision _published;

    /// <summary>How many transactions of the history are passed on at a time. Default 512.</summary>
    public int SetsPerRead { get; init; } = 512;

    /// <summary>… and how many bytes of them, about; one that is larger comes alone. Default 1 MiB.</summary>
    public long BytesPerRead { get; init; } = 1 << 20;

    public FrameLimits Limits { get; init; } = FrameLimits.Default;

    public int Count => _streams.Count;

    /// <summary>The state has advanced: passes the new changes on.</summary>
    public void Publish(StateMachine machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (_streams.Count == 0)
        {
            return;
        }

        while (_published < machine.Revision)
        {
            _changes.Clear();
            if (machine.ReadHistory(_published, SetsPerRead, _changes).IsCompacted)
            {
                // A snapshot has replaced the state: every subscriber has to ask again from its own revision.
                EndAll();
                return;
            }

            for (var first = 0; first < _changes.Count;)
            {
                var count = CountWithin(_changes, first, BytesPerRead, out var bytes);
                PassOn(bytes > BytesPerRead
                    ? FeedParcel.OfLarge(_changes[first], bytes, Limits)
                    : FeedParcel.Of(FramesOf(_changes, first, count), Limits));
                first += count;
            }

            _published = _changes[^1].Revision;
        }
    }

    /// <summary>Sends all streams their position, so that silence can be told from loss.</summary>
    public void Progress()
    {
        if (_streams.Count > 0)
        {
            PassOn(FeedParcel.Of([new ProgressFrame(_published)], Limits));
        }
    }

    /// <summary>
    /// The first part of a stream: its cluster, its first revision, and the changes that are there behind that.
    /// </summary>
    /// <param name="from">Null: as many of the last transactions as there are, at most <paramref name="recent"/>.</param>
    public FeedPart Begin(StateMachine machine, Guid cluster, Revision? from, long recent, IFeedOutput stream)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var start = from ?? StartOf(machine, recent);
        var part = Read(machine, start, stream);
        return part.IsLast ? part : part with { Frames = [new StartFrame(cluster, start), .. part.Frames] };
    }

    /// <summary>
    /// The next part of history behind <paramref name="from"/>; a stream that has all of it is live from now on. A live
    /// stream of a <paramref name="from"/> that lies in the future repeats changes that its gateway has from elsewhere.
    /// </summary>
    public FeedPart Read(StateMachine machine, Revision from, IFeedOutput stream)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _changes.Clear();
        var status = machine.ReadHistory(from, SetsPerRead, _changes);
        if (status.IsCompacted)
        {
            return new FeedPart([new CompactedFrame(status.OldestRevision)], Limits, from, IsLast: true);
        }

        if (_changes.Count > 0)
        {
            var count = CountWithin(_changes, 0, BytesPerRead, out _);
            return new FeedPart(FramesOf(_changes, 0, count), Limits, _changes[count - 1].Revision, IsLast: false);
        }

        Publish(machine);
        _published = machine.Revision;
        _streams.Add(stream);
        return new FeedPart([new ProgressFrame(machine.Revision)], Limits, from, IsLast: false) { IsLive = true };
    }

    public void Remove(IFeedOutput stream) => _streams.Remove(stream);

    private static Revision StartOf(StateMachine machine, long recent)
    {
        var changes = new List<ChangeSet>(1);
        var wanted = new Revision(Math.Max(0, machine.Revision.Value - recent));
        var status = machine.ReadHistory(wanted, 1, changes);
        if (status.IsCompacted)
        {
            machine.ReadHistory(new Revision(status.OldestRevision.Value - 1), 1, changes);
        }

        // Across a restore the revision before a transaction is not the next smaller number.
        return changes.Count > 0 ? changes[0].Previous : machine.Revision;
    }

    private static ChangeSetFrame[] FramesOf(List<ChangeSet> sets, int first, int count)
    {
        var frames = new ChangeSetFrame[count];
        for (var i = 0; i < count; i++)
        {
            frames[i] = new ChangeSetFrame(sets[first + i]);
        }

        return frames;
    }

    /// <summary>How many sets, from the first one on, take no more than so many bytes in the feed; at least one.</summary>
    /// <param name="bytes">About their size.</param>
    private static int CountWithin(List<ChangeSet> sets, int first, long bytesMax, out long bytes)
    {
        bytes = BytesOf(sets[first]);
        var count = 1;
        for (; first + count < sets.Count; count++)
        {
            var next = BytesOf(sets[first + count]);
            if (bytes + next > bytesMax)
            {
                break;
            }

            bytes += next;
        }

        return count;
    }

    private static long BytesOf(ChangeSet set)
    {
        const int changeBytes = 112;
        var bytes = 0L;
        for (var i = 0; i < set.Changes.Count; i++)
        {
            var change = set.Changes[i];
            var value = change.Value?.Length ?? 0;
            bytes += changeBytes + change.Path.Length + (value <= Protocol.Limits.FeedValueBytesMax ? value : 0);
        }

        return bytes;
    }

    private void PassOn(FeedParcel parcel)
    {
        for (var i = _streams.Count - 1; i >= 0; i--)
        {
            if (!_streams[i].TryWrite(parcel))
            {
                _streams.RemoveAt(i);
            }
        }
    }

    private void EndAll()
    {
        foreach (var stream in _streams)
        {
            stream.Complete();
        }

        _streams.Clear();
    }
}

/// <param name="Frames">To be sent. They do not change: encode them wherever there is time.</param>
/// <param name="Next">Where to go on reading.</param>
/// <param name="IsLast">The stream ends behind these.</param>
public readonly record struct FeedPart(IReadOnlyList<FeedFrame> Frames, FrameLimits Limits, Revision Next, bool IsLast)
{
    /// <summary>Encodes piece by piece, as they are asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Encode() => FeedFrames.Encode(Frames, Limits);

    /// <summary>History is exhausted: from here on the stream gets the published changes.</summary>
    public bool IsLive { get; init; }
}
