namespace Cloudkeeper.Node.Peers;

/// <summary>An upload that brings next to nothing for a while has stalled, and ends.</summary>
internal sealed class UploadPace(TimeProvider time) : IDisposable
{
    /// <summary>At least so many bytes, or the end, in each <see cref="Patience"/>.</summary>
    public const int BytesMin = 64 << 10;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stalled = new(Patience, time);
    private long _bytes;

    public CancellationToken Stalled => _stalled.Token;

    public void Came(long bytes)
    {
        _bytes += bytes;
        if (_bytes >= BytesMin)
        {
            _bytes = 0;
            _stalled.CancelAfter(Patience);
        }
    }

    public void Dispose() => _stalled.Dispose();
}
