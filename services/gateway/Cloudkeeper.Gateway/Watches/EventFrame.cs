using System.Text;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>An event as it goes over the wire. Where many watch the same, it is made once.</summary>
internal static class EventFrame
{
    /// <param name="data">JSON in one line.</param>
    /// <param name="id">Where a resume begins: only on the last event of a revision.</param>
    public static byte[] Of(EventFormat format, string name, ReadOnlySpan<byte> data, Revision? id = null)
    {
        var head = HeadOf(format, name, id);
        var tail = TailOf(format, id);
        return [.. head, .. data, .. tail];
    }

    /// <summary>The bytes before the data.</summary>
    public static byte[] HeadOf(EventFormat format, string name, Revision? id = null) => Encoding.ASCII.GetBytes(
        format == EventFormat.ServerSentEvents ? $"event: {name}\ndata: "
        : id is null ? $"{{\"event\":\"{name}\",\"data\":" : $"{{\"event\":\"{name}\",\"id\":\"{id}\",\"data\":");

    /// <summary>The bytes behind the data.</summary>
    public static byte[] TailOf(EventFormat format, Revision? id = null) => Encoding.ASCII.GetBytes(
        format != EventFormat.ServerSentEvents ? "}\n" : id is null ? "\n\n" : $"\nid: {id}\n\n");
}
