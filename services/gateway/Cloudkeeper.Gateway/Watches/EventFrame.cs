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
        var text = id?.ToString();
        var head = format == EventFormat.ServerSentEvents
            ? $"event: {name}\ndata: "
            : text is null ? $"{{\"event\":\"{name}\",\"data\":" : $"{{\"event\":\"{name}\",\"id\":\"{text}\",\"data\":";
        var tail = format == EventFormat.ServerSentEvents
            ? text is null ? "\n\n" : $"\nid: {text}\n\n"
            : "}\n";
        var frame = new byte[head.Length + data.Length + tail.Length];
        Encoding.ASCII.GetBytes(head, frame);
        data.CopyTo(frame.AsSpan(head.Length));
        Encoding.ASCII.GetBytes(tail, frame.AsSpan(head.Length + data.Length));
        return frame;
    }
}
