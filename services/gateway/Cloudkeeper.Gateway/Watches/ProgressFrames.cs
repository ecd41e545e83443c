using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// The last event of progress: streams of a gateway are mostly equally far, and then all of them send the same.
/// </summary>
internal sealed class ProgressFrames
{
    private readonly Latest?[] _latest = new Latest?[Enum.GetValues<EventFormat>().Length];

    public byte[] Of(EventFormat format, Revision revision)
    {
        var latest = Volatile.Read(ref _latest[(int)format]);
        if (latest?.Revision != revision)
        {
            latest = new Latest(revision, EventFrame.Of(format, "progress", WatchJson.At(revision), revision));
            Volatile.Write(ref _latest[(int)format], latest);
        }

        return latest.Frame;
    }

    private sealed record Latest(Revision Revision, byte[] Frame);
}
