using System.Globalization;
using System.Text;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>The counts of one run, or of many.</summary>
internal sealed class Totals
{
    private static readonly Marker[] Markers = Enum.GetValues<Marker>();

    private readonly long[] _counts = new long[Markers.Length];

    /// <summary>Virtual, in microseconds.</summary>
    public long SimulatedTime { get; set; }

    public long Events { get; set; }

    public long Messages { get; set; }

    /// <summary>Calls of clients that were answered.</summary>
    public long Acknowledged { get; set; }

    public long Entries { get; set; }

    public long this[Marker marker] => _counts[(int)marker];

    public void Count(Marker marker, long times = 1) => _counts[(int)marker] += times;

    public void Add(Totals other)
    {
        SimulatedTime += other.SimulatedTime;
        Events += other.Events;
        Messages += other.Messages;
        Acknowledged += other.Acknowledged;
        Entries += other.Entries;
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        Line("simulated time (s)", SimulatedTime / 1_000_000);
        Line("events", Events);
        Line("messages", Messages);
        Line("operations acknowledged", Acknowledged);
        Line("entries committed", Entries);
        foreach (var marker in Markers)
        {
            Line(Words(marker.ToString()), this[marker]);
        }

        return text.ToString();

        void Line(string name, long value) =>
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name,-40} {value,14:N0}");
    }

    private static string Words(string name)
    {
        var words = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && words.Length > 0)
            {
                words.Append(' ');
            }

            words.Append(char.ToLowerInvariant(c));
        }

        return words.ToString();
    }
}
