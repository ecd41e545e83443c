using System.Globalization;

namespace Cloudkeeper.Raft;

/// <summary>Position of an entry in the log. The first entry has index 1; 0 is the empty log.</summary>
public readonly record struct LogIndex(long Value) : IComparable<LogIndex>
{
    /// <summary>No index is larger: far below an overflow.</summary>
    public const long Largest = 1L << 56;

    public static readonly LogIndex Zero;

    public static bool operator <(LogIndex left, LogIndex right) => left.Value < right.Value;

    public static bool operator >(LogIndex left, LogIndex right) => left.Value > right.Value;

    public static bool operator <=(LogIndex left, LogIndex right) => left.Value <= right.Value;

    public static bool operator >=(LogIndex left, LogIndex right) => left.Value >= right.Value;

    public static LogIndex operator +(LogIndex index, long count) => new(index.Value + count);

    public static LogIndex operator -(LogIndex index, long count) => new(index.Value - count);

    public static long operator -(LogIndex left, LogIndex right) => left.Value - right.Value;

    public LogIndex Next() => new(Value + 1);

    public LogIndex Previous() => new(Value - 1);

    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
