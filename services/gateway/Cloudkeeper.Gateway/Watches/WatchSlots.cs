using System.Runtime.InteropServices;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>How many watches are open, in all and by session: each has its bound.</summary>
internal sealed class WatchSlots(GatewayOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, int> _ofSession = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <exception cref="ProblemException"><c>overloaded</c>, or <c>too-many-requests</c> of one session.</exception>
    public void Enter(SessionId? session)
    {
        lock (_gate)
        {
            if (_count >= options.WatchesMax)
            {
                throw new ProblemException(ErrorKinds.Overloaded, "This gateway has as many watches as it takes.");
            }

            if (session is { } id)
            {
                var open = _ofSession.GetValueOrDefault(id);
                if (open >= options.WatchesPerSessionMax)
                {
                    throw new ProblemException(ErrorKinds.TooManyRequests,
                        $"A session has at most {options.WatchesPerSessionMax} watches at a gateway.");
                }

                _ofSession[id] = open + 1;
            }

            _count++;
        }
    }

    public void Leave(SessionId? session)
    {
        lock (_gate)
        {
            _count--;
            if (session is { } id && --CollectionsMarshal.GetValueRefOrNullRef(_ofSession, id) == 0)
            {
                _ofSession.Remove(id);
            }
        }
    }
}
