using System.Numerics;
using System.Text;

namespace Cloudkeeper.Protocol.Wire;

/// <summary>How many bytes <see cref="WireWriter"/> and <see cref="IdentifierCodec"/> write: exact, and without writing.</summary>
internal static class WireSize
{
    public const int Boolean = 1;
    public const int Guid = 16;

    /// <summary>Of a stat whose node has no owner.</summary>
    private const int StatBytes = (6 * sizeof(long)) + (5 * sizeof(int)) + 1 + Boolean;

    private const int BitsPerByte = 7;

    public static int OfCount(int count) =>
        1 + (BitOperations.Log2((uint)count | 1) / BitsPerByte);

    public static int OfBytes(int length) => OfCount(length) + length;

    public static int OfString(string text) => OfBytes(Encoding.UTF8.GetByteCount(text));

    public static int OfOptional(string? text) => Boolean + (text is null ? 0 : OfString(text));

    public static int OfOptional(bool isGiven, int bytes) => Boolean + (isGiven ? bytes : 0);

    public static int OfStat(NodeStat stat) => StatBytes + (stat.EphemeralOwner.HasValue ? sizeof(long) : 0);

    public static int OfStat(NodeStat? stat) => Boolean + (stat is { } present ? OfStat(present) : 0);
}
