using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Feeds;

/// <summary>
/// Keeps the one feed of a gateway open: from any voter, however far it lags, or from what another gateway publishes.
/// </summary>
internal sealed class FeedFollower(Gateway gateway)
{
    private const long PauseMin = 20 * Scheduler.Millisecond;
    private const long PauseMax = 500 * Scheduler.Millisecond;

    private const int ChecksPerSilence = 6;
    private const int PausesMax = 8;

    private readonly ListeningPauses _pauses =
        new(gateway.World.Options.Coherence.SpeakerLease / 2, PausesMax * gateway.World.Options.Coherence.SpeakerLease);

    private FeedChannel? _channel;
    private FeedLag? _lag;
    private long _listensSince;
    private bool _isListening;
    private long _turns;
    private int _failures;

    private bool MayListen =>
        gateway.Memory.Position is not null && !gateway.Redis.IsSpeaking && gateway.Redis.IsHeard
        && _pauses.MayListen(gateway.World.Scheduler.Now);

    public void Follow()
    {
        _isListening = false;
        var left = _channel?.Node;
        _channel = new FeedChannel(gateway, TakeFromNode, () => gateway.Memory.Named, Broken);
        var node = gateway.AnyVoter();
        _channel.Open(node == left ? gateway.AnyVoter(except: node) : node, gateway.Memory.Position);
    }

    /// <summary>Something was published.</summary>
    public void Heard()
    {
        while (_isListening && gateway.Redis.NextHeard() is { } frame)
        {
            if (gateway.Redis.IsSpeaking)
            {
                Follow();
            }
            else if (!gateway.Memory.Hear(frame))
            {
                Fail(Marker.PublishedChangesMissed);
            }
            else if (!IsWorthIt())
            {
                Fail(Marker.SpeakersLeftForLag);
            }
        }
    }

    private bool TakeFromNode(FeedFrame frame)
    {
        if (frame is CompactedFrame)
        {
            gateway.World.Facts.Gaps.Require(gateway.Memory.Revision);
        }

        // A node that was removed receives no change any more, and would report for ever that there is none.
        if (!gateway.IsVoter(_channel!.Node) || !gateway.Memory.Take(frame))
        {
            Broken();
            return false;
        }

        _failures = 0;
        gateway.Redis.Say(frame);
        if (frame is ProgressFrame && MayListen)
        {
            Listen();
            return false;
        }

        return true;
    }

    private void Broken()
    {
        gateway.Memory.IsOpen = false;
        gateway.World.Totals.Count(Marker.FeedsBroken);
        var pause = Math.Min(PauseMax, PauseMin << Math.Min(_failures++, 10));
        gateway.Later(pause, Follow);
    }

    private void Listen()
    {
        gateway.World.Totals.Count(Marker.GatewaysListening);
        gateway.World.Trace.Add(TraceKind.Listening, gateway.Address, gateway.Memory.Revision.Value);
        (_isListening, _listensSince) = (true, gateway.World.Scheduler.Now);
        _lag = new FeedLag(gateway.Redis.SilenceMax);
        CheckLater(++_turns);
        Heard();
    }

    private void CheckLater(long turn) => gateway.Later(gateway.Redis.SilenceMax / ChecksPerSilence, () =>
    {
        if (!_isListening || turn != _turns)
        {
            return;
        }

        if (gateway.Redis.IsSpeaking)
        {
            Follow();
        }
        else if (!gateway.Redis.IsHeard)
        {
            Fail(Marker.SpeakersLeftForSilence);
        }
        else if (!IsWorthIt())
        {
            Fail(Marker.SpeakersLeftForLag);
        }
        else
        {
            CheckLater(turn);
        }
    });

    private bool IsWorthIt() =>
        _lag!.IsBearable(gateway.Memory.Revision, gateway.Memory.Named, gateway.World.Scheduler.Now);

    private void Fail(Marker why)
    {
        gateway.World.Totals.Count(why);
        _pauses.Failed(_listensSince, gateway.World.Scheduler.Now);
        Follow();
    }
}
