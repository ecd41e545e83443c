using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// A body while it comes: in memory that follows the bytes that are here, not the length in a header, and counted in
/// the bytes that the process may have in flight.
/// </summary>
/// <param name="bytesMax">The body has at most so many.</param>
[SuppressMessage("Design", "CA1001", Justification = "The collector gives it back or passes it on as the body.")]
internal struct BodyBuffer(MemoryBudget budget, int bytesMax)
{
    private byte[] _buffer = [];
    private MemoryLease? _lease;
    private int _length;

    public readonly int Length => _length;

    /// <param name="isLast">Nothing comes behind: no room is needed for more.</param>
    /// <exception cref="ProblemException"><c>overloaded</c>: there is no room for it.</exception>
    public void Add(in ReadOnlySequence<byte> bytes, bool isLast)
    {
        var needed = _length + (int)bytes.Length;
        if (needed > _buffer.Length)
        {
            Grow(isLast ? needed : Math.Min(bytesMax, 2 * needed));
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = needed;
    }

    /// <summary>The buffer and its lease are the body's from now on.</summary>
    public readonly RequestBody Build() => new(_buffer, _length, _lease);

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        if (!TryLease(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw new ProblemException(ErrorKinds.Overloaded, "Too many bytes are on their way: try again later.");
        }

        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }

    private bool TryLease(int bytes) =>
        bytes <= MemoryBudget.SmallBytes
        || (_lease is null ? budget.TryTake(MemoryUse.Bodies, bytes, out _lease) : _lease.TryGrowTo(bytes));
}
