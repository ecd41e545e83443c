using System.Diagnostics.Metrics;

namespace Cloudkeeper.Gateway.Metrics;

/// <summary>All instruments of the gateway: <c>cloudkeeper_gateway_*</c>. Dashboards and rules use these names.</summary>
internal sealed class GatewayMetrics : IDisposable
{
    private static readonly string[] StatusClasses = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly Meter _meter = new("Cloudkeeper.Gateway");
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Histogram<int> _commandBatches;
    private readonly Histogram<int> _readBatches;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _events;
    private readonly Counter<long> _redisLookups;
    private readonly Counter<long> _redisFeed;
    private readonly Counter<long> _redisRejected;
    private readonly Counter<long> _feedPoisoned;
    private readonly Histogram<int> _readIndexBatches;
    private readonly Counter<long> _nodeReads;
    private readonly Counter<long> _cacheFills;
    private readonly Counter<long> _cacheRejected;
    private readonly Counter<long> _feedWaits;
    private long _requestsUnderWay;

    public GatewayMetrics()
    {
        _requests = _meter.CreateCounter<long>(
            "requests_total", description: "Requests answered, by route, method and class of status.");
        _requestSeconds = _meter.CreateHistogram<double>(
            "request_duration_seconds", description: "From a request's headers to the end of its answer; streams excepted.");
        _commandBatches = _meter.CreateHistogram<int>(
            "command_batch_size", description: "Commands in one batch to the leader.");
        _readBatches = _meter.CreateHistogram<int>(
            "read_batch_size", description: "Reads in one batch to a node.");
        _retries = _meter.CreateCounter<long>(
            "upstream_retries_total", description: "Batches sent again, to the same or another node.");
        _events = _meter.CreateCounter<long>("watch_events_total", description: "Events sent to watchers.");
        _redisLookups = _meter.CreateCounter<long>(
            "redis_lookups_total", description: "Nodes and past changes looked up in Redis: hit, miss, error or rejected.");
        _redisFeed = _meter.CreateCounter<long>("redis_feed_messages_total",
            description: "The change feed through Redis: published, dropped, heard, rejected, missed, silence or lag.");
        _redisRejected = _meter.CreateCounter<long>(
            "redis_rejected_total",
            description: "Entries and messages in Redis that were not believed, by reason: size, seal (not written by a "
                + "gateway of this cluster, or not lately), content or jump.");
        _feedPoisoned = _meter.CreateCounter<long>(
            "feed_poisoned_total",
            description: "How often this gateway had passed on what no leader knows, and began anew.");
        _readIndexBatches = _meter.CreateHistogram<int>(
            "read_index_batch_size", description: "Linearizable reads that shared one question to the leader.");
        _nodeReads = _meter.CreateCounter<long>(
            "reads_total", description: "Reads by where their answer came from: local, redis, miss or bypass.");
        _cacheFills = _meter.CreateCounter<long>(
            "cache_fills_total", description: "Answers of nodes: kept, or refused as not provably the newest.");
        _cacheRejected = _meter.CreateCounter<long>(
            "cache_rejected_total", description: "Entries that were there and turned out not to be new enough.");
        _feedWaits = _meter.CreateCounter<long>(
            "feed_waits_total", description: "Reads that waited for the change feed: reached, or late and sent to a node.");
        _meter.CreateObservableGauge("requests_in_flight", () => RequestsUnderWay,
            description: "Requests that are being answered, streams included.");
    }

    /// <summary>Requests that are being answered, streams included.</summary>
    public long RequestsUnderWay => Volatile.Read(ref _requestsUnderWay);

    public void CommandBatch(int count) => _commandBatches.Record(count);

    public void ReadBatch(int count) => _readBatches.Record(count);

    public void ReadIndexAsked(int count) => _readIndexBatches.Record(count);

    /// <param name="source">As in <c>Cloudkeeper-Cache</c>.</param>
    public void NodeRead(string source) => _nodeReads.Add(1, new KeyValuePair<string, object?>("source", source));

    public void CacheFilled(bool isKept) =>
        _cacheFills.Add(1, new KeyValuePair<string, object?>("outcome", isKept ? "kept" : "refused"));

    public void CacheRejected() => _cacheRejected.Add(1);

    public void FeedAwaited(bool isReached) =>
        _feedWaits.Add(1, new KeyValuePair<string, object?>("outcome", isReached ? "reached" : "late"));

    public void Retried() => _retries.Add(1);

    public void EventsSent(int count) => _events.Add(count);

    /// <param name="outcome">hit, miss, error (lost, slow or too many at once), rejected (no such entry).</param>
    public void RedisLookup(string outcome) =>
        _redisLookups.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="outcome">
    /// published, dropped (too much on the way, or lost), heard (received), rejected (no message), missed (a gap),
    /// silence, lag (the received frames are long known, and a leader knows more).
    /// </param>
    public void RedisFeed(string outcome) => _redisFeed.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="reason">
    /// size, seal, content (sealed, but of another kind), jump (further ahead than can be).
    /// </param>
    public void RedisRejected(string reason) =>
        _redisRejected.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void FeedPoisoned() => _feedPoisoned.Add(1);

    public void RequestBegan() => Interlocked.Increment(ref _requestsUnderWay);

    public void RequestEnded(string route, string method, int status, TimeSpan? duration)
    {
        Interlocked.Decrement(ref _requestsUnderWay);
        var routeTag = new KeyValuePair<string, object?>("route", route);
        _requests.Add(1, routeTag, new("method", method), new("status", StatusClasses[status / 100]));
        if (duration is { } taken)
        {
            _requestSeconds.Record(taken.TotalSeconds, routeTag);
        }
    }

    public void ObserveWaiting(Func<int> count) => _meter.CreateObservableGauge(
        "commands_waiting", count, description: "Commands that wait for the next batch.");

    public void ObserveWatches(Func<int> count) => _meter.CreateObservableGauge(
        "watch_streams", count, description: "Open watch streams.");

    public void ObserveWaits(Func<int> count) => _meter.CreateObservableGauge(
        "waits", count, description: "Requests that wait for a change of a node, or for a ticket.");

    public void ObserveCache(Func<long> bytes, Func<int> entries)
    {
        _meter.CreateObservableGauge("cache_bytes", bytes, description: "Memory of the nodes that are kept here.");
        _meter.CreateObservableGauge("cache_entries", entries, description: "Nodes, and absences of nodes, kept here.");
    }

    /// <param name="staleness">NaN: nothing is proved.</param>
    public void ObserveFreshness(Func<long> behind, Func<double> staleness)
    {
        _meter.CreateObservableGauge("feed_behind_revisions", behind,
            description: "How far the change feed was behind the leader when the leader was last asked.");
        _meter.CreateObservableGauge("staleness_seconds", staleness,
            description: "What is kept here is proved to be at most this old.");
    }

    public void ObserveFeed(Func<long> revision, Func<double> age)
    {
        _meter.CreateObservableGauge("feed_revision", revision, description: "How far the change feed has come.");
        _meter.CreateObservableGauge("feed_age_seconds", age,
            description: "Since the change feed last brought a change or a sign of life.");
    }

    public void ObserveRedis(Func<int> connected) => _meter.CreateObservableGauge(
        "redis_connected", connected, description: "1 while there is a connection to Redis.");

    public void Dispose() => _meter.Dispose();
}
