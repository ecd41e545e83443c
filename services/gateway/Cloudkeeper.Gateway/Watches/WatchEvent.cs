using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>One change as its watchers get it: one object for all of them.</summary>
internal sealed class WatchEvent(Revision revision, Change change)
{
    /// <summary>Objects and references around path and value, roughly.</summary>
    private const int OverheadBytes = 200;

    private byte[]? _plain;
    private byte[]? _withValue;

    public Revision Revision => revision;

    public Change Change => change;

    /// <summary>What it keeps in memory, roughly.</summary>
    public int Bytes => OverheadBytes + (2 * change.Path.Length) + (change.Value?.Length ?? 0);

    /// <summary>The event's JSON, made by the first watcher that sends it and shared by the others.</summary>
    /// <remarks>Two that make it at once make the same bytes.</remarks>
    public byte[] Json(bool withValue) => withValue
        ? _withValue ??= WatchJson.Change(revision, change, withValue: true)
        : _plain ??= WatchJson.Change(revision, change, withValue: false);
}
