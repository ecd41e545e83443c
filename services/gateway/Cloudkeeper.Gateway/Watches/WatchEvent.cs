using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>One change as its watchers get it: one object for all of them.</summary>
internal sealed class WatchEvent(Revision revision, Change change)
{
    /// <summary>Objects and references around path and value, roughly.</summary>
    private const int OverheadBytes = 200;

    private const int Variants = 8;

    private byte[]?[]? _frames;

    public Revision Revision => revision;

    public Change Change => change;

    /// <summary>What it keeps in memory, roughly.</summary>
    public int Bytes => OverheadBytes + (2 * change.Path.Length) + (change.Value?.Length ?? 0);

    /// <summary>The event as it is sent, made by the first watcher that sends it and shared by the others.</summary>
    /// <param name="isLast">Of its revision, among what the watcher gets.</param>
    /// <remarks>Two that make it at once make the same bytes.</remarks>
    public byte[] Frame(EventFormat format, bool withValue, bool isLast)
    {
        var frames = _frames ??= new byte[]?[Variants];
        var variant = ((int)format * 4) + (withValue ? 2 : 0) + (isLast ? 1 : 0);
        return frames[variant] ??= EventFrame.Of(
            format, WatchJson.NameOf(change.Type), WatchJson.Change(revision, change, withValue), isLast ? revision : null);
    }
}
