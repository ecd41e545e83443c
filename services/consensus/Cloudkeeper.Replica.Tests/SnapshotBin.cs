namespace Cloudkeeper.Replica.Tests;

/// <summary>Takes the blocks of a snapshot and keeps none.</summary>
internal sealed class SnapshotBin : ISnapshotSink
{
    public bool WantsMore => true;

    public void Write(ReadOnlySpan<byte> block)
    {
    }

    public void Complete()
    {
    }

    public void Abandon()
    {
    }
}
