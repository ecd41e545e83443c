namespace Cloudkeeper.Gateway.Watches;

internal enum EventFormat
{
    /// <summary>Server-Sent Events (the HTML standard, 9.2).</summary>
    ServerSentEvents,

    /// <summary>One JSON object a line.</summary>
    LinesOfJson,
}
