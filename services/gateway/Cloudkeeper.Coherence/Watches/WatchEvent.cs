using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>One change as its watchers get it: one object for all of them.</summary>
public sealed class WatchEvent(Revision revision, Change change)
{
    /// <summary>Objects and references around path and value, roughly.</summary>
    private const int OverheadBytes = 200;

    private byte[]?[]? _forms;

    public Revision Revision => revision;

    public Change Change => change;

    /// <summary>Queues that it waits in: <see cref="WaitingEvents"/>'s.</summary>
    internal int Waits { get; set; }

    /// <summary>Its memory, roughly.</summary>
    public int Bytes => OverheadBytes + (2 * change.Path.Length) + (change.Value?.Length ?? 0);

    /// <summary>The event as it is sent, made by the first watcher that sends it and shared by the others.</summary>
    /// <param name="form">Of those that there are, which.</param>
    /// <remarks>Two that make it at once make the same bytes.</remarks>
    public byte[] InForm(int form, int formCount, Func<WatchEvent, int, byte[]> make)
    {
        var forms = _forms ??= new byte[]?[formCount];
        return forms[form] ??= make(this, form);
    }
}
