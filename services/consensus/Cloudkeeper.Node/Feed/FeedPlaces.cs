using Cloudkeeper.Node.Configuration;

namespace Cloudkeeper.Node.Feed;

/// <summary>How many follow this node, and how many of them read its history at a time.</summary>
internal sealed class FeedPlaces(NodeSetup setup) : IDisposable
{
    /// <summary>Each of them has a part of the history in its hands, and takes a little of the replica's turns for it.</summary>
    private const int HistoryReadersMax = 4;

    private readonly SemaphoreSlim _history = new(HistoryReadersMax);
    private int _streams;

    /// <summary>False: there are too many. Otherwise <see cref="Leave"/> at its end.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _streams) <= setup.Options.FeedStreamsMax)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _streams);

    public void Dispose() => _history.Dispose();

    /// <summary>
    /// Reads a part of the history, after others if there are many. Encoding and sending it holds up no other.
    /// </summary>
    public async Task<T> ReadHistoryAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await _history.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        finally
        {
            _history.Release();
        }
    }
}
