using System.Globalization;

namespace Cloudkeeper.Protocol;

/// <summary>
/// A lane: one FIFO stream of commands from one gateway, under which retries are recognised. Given out by the state
/// machine (the log index that opened it), never used twice: an unknown lane is one that has expired.
/// </summary>
public readonly record struct LaneId(long Value)
{
    /// <summary>For the one command that opens a lane.</summary>
    public static readonly LaneId None;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
