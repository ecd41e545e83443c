using System.Globalization;

namespace Cloudkeeper.Protocol;

/// <summary>
/// A place in the queue of a lock, semaphore or election: the revision that created it. Grants are first come, first
/// served, so it is the fencing token as well.
/// </summary>
public readonly record struct Ticket(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
