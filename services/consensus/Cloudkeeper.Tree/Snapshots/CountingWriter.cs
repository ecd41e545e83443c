using System.Buffers;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>Passes bytes on and counts them, so that a slice ends in time.</summary>
internal sealed class CountingWriter(IBufferWriter<byte> output) : IBufferWriter<byte>
{
    public long Count { get; private set; }

    /// <summary>Counts work that writes nothing, as if it had written this much.</summary>
    public void Charge(int byteCount) => Count += byteCount;

    public void Advance(int count)
    {
        Count += count;
        output.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);
}
