using System.Globalization;

namespace Cloudkeeper.Protocol;

/// <summary>
/// Number of a committed transaction that changed something: ZooKeeper's zxid, etcd's revision. Counts without gaps
/// from 1; a restored cluster goes on at the next multiple of <see cref="IncarnationStride"/>. 0: before everything.
/// </summary>
public readonly record struct Revision(long Value) : IComparable<Revision>
{
    /// <summary>2^44: revisions of two incarnations of a cluster never meet, and all stay below 2^53.</summary>
    public const long IncarnationStride = 1L << 44;

    /// <summary>2^53 - 1: exact in every JSON parser.</summary>
    public const long ValueMax = (1L << 53) - 1;

    public static readonly Revision Zero;

    public static bool operator <(Revision left, Revision right) => left.Value < right.Value;

    public static bool operator >(Revision left, Revision right) => left.Value > right.Value;

    public static bool operator <=(Revision left, Revision right) => left.Value <= right.Value;

    public static bool operator >=(Revision left, Revision right) => left.Value >= right.Value;

    public Revision Next() => new(Value + 1);

    public int CompareTo(Revision other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
