using System.Diagnostics.Metrics;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Metrics;

/// <summary>All instruments of a node; served as <c>cloudkeeper_node_…</c>.</summary>
internal sealed class NodeMetrics : IDisposable
{
    private readonly Meter _meter = new("Cloudkeeper.Node");
    private readonly Counter<long> _commands;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _keepalives;
    private readonly Counter<long> _messagesSent;
    private readonly Counter<long> _messagesDropped;
    private readonly Counter<long> _leaderChanges;
    private readonly Counter<long> _feedOverflows;
    private readonly Histogram<int> _batchCommands;
    private readonly Histogram<int> _batchReads;
    private readonly Histogram<double> _commitSeconds;
    private readonly Histogram<double> _readSeconds;
    private readonly Histogram<double> _syncSeconds;
    private readonly Histogram<int> _syncWrites;
    private readonly Histogram<double> _snapshotSeconds;
    private readonly Counter<long> _messagesUnproven;
    private long _digestDifferences;
    private long _peerViolations;

    public NodeMetrics()
    {
        _commands = _meter.CreateCounter<long>("commands_total", description: "Commands by outcome of their batch.");
        _reads = _meter.CreateCounter<long>("reads_total", description: "Reads by consistency.");
        _keepalives = _meter.CreateCounter<long>("keepalives_total", description: "Session keepalives counted.");
        _messagesSent = _meter.CreateCounter<long>("peer_messages_sent_total", description: "Raft messages sent.");
        _messagesDropped = _meter.CreateCounter<long>(
            "peer_messages_dropped_total",
            description: "Raft messages lost because a peer was unreachable or slow.");
        _messagesUnproven = _meter.CreateCounter<long>(
            "peer_messages_unproven_total",
            description: "Raft messages from nodes that have no say as far as this one knows: nothing came of them.");
        _leaderChanges = _meter.CreateCounter<long>("leader_changes_total", description: "Changes of the known leader.");
        _feedOverflows = _meter.CreateCounter<long>(
            "feed_overflows_total",
            description: "Feed streams ended because their gateway was too slow.");
        _batchCommands = _meter.CreateHistogram<int>("batch_commands", description: "Commands in one batch.");
        _batchReads = _meter.CreateHistogram<int>("batch_reads", description: "Reads in one batch.");
        _commitSeconds = _meter.CreateHistogram<double>(
            "commit_seconds",
            description: "From the arrival of a batch to its result.");
        _readSeconds = _meter.CreateHistogram<double>(
            "read_seconds",
            description: "From the arrival of a batch of linearizable reads to its answer.");
        _syncSeconds = _meter.CreateHistogram<double>("log_sync_seconds", description: "One write and sync of the log.");
        _syncWrites = _meter.CreateHistogram<int>("log_sync_writes", description: "Writes covered by one sync.");
        _snapshotSeconds = _meter.CreateHistogram<double>(
            "snapshot_seconds",
            description: "From the beginning of a snapshot until it is durable.");

        // Observed, so that it is there at zero: an alert goes by the first increase.
        _meter.CreateObservableCounter(
            "digest_differences_total",
            () => Volatile.Read(ref _digestDifferences),
            description: "Checkpoints of a leader whose state was not the same as here.");
        _meter.CreateObservableCounter(
            "peer_protocol_violations_total",
            () => Volatile.Read(ref _peerViolations),
            description: "Streams and snapshots of peers ended for what no member can say.");
    }

    public void CommandsAnswered(string outcome, int count, TimeSpan elapsed)
    {
        _commands.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
        _batchCommands.Record(count);
        _commitSeconds.Record(elapsed.TotalSeconds);
    }

    public void ReadsAnswered(string consistency, int count, TimeSpan elapsed)
    {
        _reads.Add(count, new KeyValuePair<string, object?>("consistency", consistency));
        _batchReads.Record(count);
        _readSeconds.Record(elapsed.TotalSeconds);
    }

    public void KeepalivesCounted(int count) => _keepalives.Add(count);

    public void MessagesSent(int count) => _messagesSent.Add(count);

    public void MessageDropped() => _messagesDropped.Add(1);

    public void MessageUnproven() => _messagesUnproven.Add(1);

    public void PeerBrokeTheRules() => Interlocked.Increment(ref _peerViolations);

    public void LeaderChanged() => _leaderChanges.Add(1);

    public void FeedOverflowed() => _feedOverflows.Add(1);

    public void DigestDiffered() => Interlocked.Increment(ref _digestDifferences);

    public void LogWritten(int writes, TimeSpan elapsed)
    {
        _syncWrites.Record(writes);
        _syncSeconds.Record(elapsed.TotalSeconds);
    }

    public void SnapshotStored(TimeSpan elapsed) => _snapshotSeconds.Record(elapsed.TotalSeconds);

    /// <summary>Adds the gauges that are read by each scrape.</summary>
    public void Observe(Func<NodeState> state, Func<bool> isQuarantined)
    {
        _meter.CreateObservableGauge(
            "quarantined",
            () => isQuarantined() ? 1 : 0,
            description: "1 while the data of this node is not trusted and it waits to be taken in anew.");

        Gauge("is_leader", "1 on the leader.", s => s.IsLeader ? 1 : 0);
        Gauge("has_leader", "1 when a leader is known.", s => s.HasLeader ? 1 : 0);
        Gauge("term", "Raft's term.", s => s.Term);
        Gauge("commit_index", "Last committed log entry.", s => s.CommitIndex);
        Gauge("applied_index", "Last applied log entry.", s => s.AppliedIndex);
        Gauge("last_index", "Last log entry.", s => s.LastIndex);
        Gauge("snapshot_index", "Last log entry in the newest snapshot.", s => s.SnapshotIndex);
        Gauge("revision", "Revision of the tree.", s => s.Revision);
        Gauge("tree_nodes", "Nodes in the tree.", s => s.TreeNodes);
        Gauge("sessions", "Live sessions.", s => s.Sessions);
        Gauge("pending_batches", "Command batches waiting for their commit.", s => s.PendingBatches);
        Gauge("log_bytes", "Bytes of the log that a restart would read.", s => s.LogBytes);
        Gauge("feed_streams", "Gateways that follow the feed here.", s => s.FeedStreams);
        Gauge("storage_full", "1 while the disk has no room for growth: writes that let the state grow are refused here.",
            s => s.Room == StorageRoom.Plenty ? 0 : 1);

        void Gauge(string name, string description, Func<NodeState, long> value) =>
            _meter.CreateObservableGauge(name, () => value(state()), description: description);
    }

    public void Dispose() => _meter.Dispose();
}
