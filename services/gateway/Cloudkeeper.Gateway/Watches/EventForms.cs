using Cloudkeeper.Coherence.Watches;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>The bytes of a change, shared by watchers that want the same of it.</summary>
internal static class EventForms
{
    private const int Count = 8;
    private const int WithValue = 2;
    private const int IsLast = 1;

    private static readonly Func<WatchEvent, int, byte[]> MakeForm = Make;

    /// <param name="isLast">Of its revision, among the watcher's events.</param>
    public static byte[] Frame(this WatchEvent item, EventFormat format, bool withValue, bool isLast) =>
        item.InForm(((int)format * 4) + (withValue ? WithValue : 0) + (isLast ? IsLast : 0), Count, MakeForm);

    private static byte[] Make(WatchEvent item, int form) => EventFrame.Of(
        (EventFormat)(form / 4),
        WatchJson.NameOf(item.Change.Type),
        WatchJson.Change(item.Revision, item.Change, (form & WithValue) != 0),
        (form & IsLast) != 0 ? item.Revision : null);
}
