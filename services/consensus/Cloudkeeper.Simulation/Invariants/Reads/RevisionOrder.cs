using Cloudkeeper.Protocol;

namespace Cloudkeeper.Simulation.Invariants.Reads;

/// <summary>
/// Linearizability, trusting revisions for the order and proving them against real time: nothing is decided, and
/// nothing read, below a revision that a client knew before the request.
/// </summary>
internal static class RevisionOrder
{
    /// <param name="points">All answered operations, and the writes of unknown outcome that were committed.</param>
    public static void Check(List<TimedRevision> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        var byReturn = points.FindAll(p => p.Returned != long.MaxValue);
        byReturn.Sort((a, b) => a.Returned.CompareTo(b.Returned));
        points.Sort((a, b) => a.Invoked.CompareTo(b.Invoked));
        var floor = Revision.Zero;
        var returned = 0;
        foreach (var point in points)
        {
            for (; returned < byReturn.Count && byReturn[returned].Returned < point.Invoked; returned++)
            {
                floor = byReturn[returned].Revision > floor ? byReturn[returned].Revision : floor;
            }

            if (point.Revision < floor || (point.IsWrite && point.Revision == floor))
            {
                throw new ViolationException(
                    "linearizability", $"revision {floor} was known before this was asked: {point.Subject}");
            }
        }
    }
}

/// <param name="IsWrite">It made this revision; else it only saw it.</param>
/// <param name="Returned">Virtual microseconds; the largest number: never.</param>
internal readonly record struct TimedRevision(
    long Invoked, long Returned, Revision Revision, bool IsWrite, object Subject);
