using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Feed;

/// <summary>
/// Gives every committed transaction to all streams, encoded once. Used on the replica's turn only, but for the streams'
/// own ends.
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

    public int Count => _streams.Count;

    /// <summary>The state has advanced: passes on what is new.</summary>
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
                // A snapshot has replaced the state: whoever follows has to ask again from where it is.
                EndAll();
                return;
            }

            PassOn(FeedFrames.Encode(_changes));
            _published = _changes[^1].Revision;
        }
    }

    /// <summary>Tells all streams how far they are, so that silence is told from loss.</summary>
    public void Progress()
    {
        if (_streams.Count > 0)
        {
            PassOn(FeedFrames.Encode(new ProgressFrame(_published)));
        }
    }

    /// <summary>The first part of a stream: says of which cluster it is, where it begins, and what is there behind that.</summary>
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
    /// stream of a <paramref name="from"/> that lies in the future repeats what its gateway has from elsewhere.
    /// </summary>
    public FeedPart Read(StateMachine machine, Revision from, IFeedOutput stream)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _changes.Clear();
        var status = machine.ReadHistory(from, SetsPerRead, _changes);
        if (status.IsCompacted)
        {
            return new FeedPart([new CompactedFrame(status.OldestRevision)], from, IsLast: true);
        }

        if (_changes.Count > 0)
        {
            var count = CountWithin(_changes, BytesPerRead);
            return new FeedPart(
                [.. _changes.Take(count).Select(static set => new ChangeSetFrame(set))], _changes[count - 1].Revision, IsLast: false);
        }

        Publish(machine);
        _published = machine.Revision;
        _streams.Add(stream);
        return new FeedPart([new ProgressFrame(machine.Revision)], from, IsLast: false) { IsLive = true };
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

    /// <summary>How many of the first sets take no more than so many bytes in the feed; at least one.</summary>
    private static int CountWithin(List<ChangeSet> sets, long bytesMax)
    {
        const int changeBytes = 112;
        var bytes = 0L;
        for (var i = 0; i < sets.Count; i++)
        {
            foreach (var change in sets[i].Changes)
            {
                var value = change.Value?.Length ?? 0;
                bytes += changeBytes + change.Path.Length + (value <= Limits.FeedValueBytesMax ? value : 0);
                if (bytes > bytesMax)
                {
                    return Math.Max(1, i);
                }
            }
        }

        return sets.Count;
    }

    private void PassOn(ReadOnlyMemory<byte> frames)
    {
        for (var i = _streams.Count - 1; i >= 0; i--)
        {
            if (!_streams[i].TryWrite(frames))
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
public readonly record struct FeedPart(IReadOnlyList<FeedFrame> Frames, Revision Next, bool IsLast)
{
    public ReadOnlyMemory<byte> Encode() => FeedFrames.Encode(Frames);

    /// <summary>History is exhausted: from here on the stream gets what is published.</summary>
    public bool IsLive { get; init; }
}
