using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.ExactlyOnce;

/// <summary>
/// The results by idempotency key, each kept for ten minutes by the retention clock. When it is full, commands with a key are
/// refused: forgetting a key early could execute a repeat twice.
/// </summary>
internal sealed class IdempotencyTable(StateMachineOptions options, StateDigest digest)
{
    public const long RetentionMilliseconds = 10 * 60 * 1_000;

    private readonly IndexedQueue<ReadOnlySpan<char>, IdempotencyEntry, IdempotencyOrder> _entries = new();

    private long _sizeBytes;

    public bool IsFull => _entries.Count >= options.IdempotencyKeysMax || _sizeBytes >= options.IdempotencyBytesMax;

    public IdempotencyEntry? Find(string key) => _entries.Find(key);

    public void Add(IdempotencyEntry entry)
    {
        _entries.Enqueue(entry);
        _sizeBytes += ResultSize.Of(entry.Result);
        digest.Add(entry.ComputeHash());
    }

    /// <summary>Forgets at most <paramref name="countMax"/> entries that are old enough.</summary>
    public void Forget(long time, int countMax)
    {
        for (var i = 0; i < countMax && _entries.Count > 0; i++)
        {
            if (_entries.First.DecidedAt + RetentionMilliseconds > time)
            {
                return;
            }

            var oldest = _entries.Dequeue();
            _sizeBytes -= ResultSize.Of(oldest.Result);
            digest.Remove(oldest.ComputeHash());
        }
    }

    public FrozenQueue<IdempotencyEntry> Freeze() => _entries.Freeze();
}
