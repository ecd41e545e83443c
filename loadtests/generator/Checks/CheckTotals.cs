using System.Collections.Concurrent;

namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>What a run has done so far.</summary>
internal sealed class CheckTotals
{
    private long _reads;
    private long _writes;
    private long _events;
    private long _unanswered;
    private long _refused;
    private long _resumed;

    public long Reads => Interlocked.Read(ref _reads);

    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Delivered to all watchers together.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Requests whose connection broke: their outcome is unknown.</summary>
    public long Unanswered => Interlocked.Read(ref _unanswered);

    /// <summary>Answers other than success: 503 while there is no leader, for example.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Watches that went on elsewhere after their stream had ended.</summary>
    public long Resumed => Interlocked.Read(ref _resumed);

    /// <summary>How often reads came from which source, by the answers.</summary>
    public ConcurrentDictionary<string, long> Sources { get; } = new(StringComparer.Ordinal);

    public void CountRead(string source)
    {
        Interlocked.Increment(ref _reads);
        Sources.AddOrUpdate(source, 1, static (_, count) => count + 1);
    }

    public void CountWrite() => Interlocked.Increment(ref _writes);

    public void CountEvent() => Interlocked.Increment(ref _events);

    public void CountUnanswered() => Interlocked.Increment(ref _unanswered);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountResumed() => Interlocked.Increment(ref _resumed);
}
