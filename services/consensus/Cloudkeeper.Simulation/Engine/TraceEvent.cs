using System.Globalization;

namespace Cloudkeeper.Simulation.Engine;

/// <summary>One thing that happened: cheap to note, and put into words only when the trace is read.</summary>
/// <param name="Time">Virtual, in microseconds.</param>
/// <param name="Who">Machine (1 and up), gateway (100 and up) or client (1000 and up); 0: the world.</param>
internal readonly record struct TraceEvent(long Time, TraceKind Kind, int Who, long A, long B, object? Detail)
{
    public override string ToString()
    {
        var who = Who switch
        {
            0 => "world",
            < 100 => string.Create(CultureInfo.InvariantCulture, $"m{Who}"),
            < 1000 => string.Create(CultureInfo.InvariantCulture, $"g{Who - 100}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"c{Who - 1000}"),
        };
        return string.Create(
            CultureInfo.InvariantCulture, $"{Time / 1e6,12:F6} {who,-6} {Kind,-16} {A} {B} {Detail}").TrimEnd();
    }
}
