namespace Cloudkeeper.Node.Peers;

/// <summary>How far one snapshot is on its way to a member. Written by the sender, read by any thread.</summary>
internal sealed class SnapshotTransfer(long bytesTotal, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private long _bytesSent;

    public long BytesTotal => bytesTotal;

    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>At the pace so far; null: there is none yet. The receiver's time to load it comes on top.</summary>
    public TimeSpan? TimeLeft => BytesSent is > 0 and var sent
        ? time.GetElapsedTime(_started) * ((double)(bytesTotal - sent) / sent)
        : null;

    public void Sent(long bytes) => Volatile.Write(ref _bytesSent, bytes);
}
