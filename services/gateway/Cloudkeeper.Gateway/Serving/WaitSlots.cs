using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// How many requests wait for something to happen: long polls of nodes, and tickets that are to be held. Each keeps a
/// connection or stream, and a watcher's place. Watches have slots of their own (<see cref="Watches.WatchSlots"/>).
/// </summary>
internal sealed class WaitSlots(GatewayOptions options)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Taken before anything is done for the request, and until it is answered.</summary>
    /// <param name="patience">None: it does not wait, and needs none.</param>
    /// <exception cref="ProblemException"><c>overloaded</c>.</exception>
    public Slot Enter(TimeSpan patience)
    {
        if (patience <= TimeSpan.Zero)
        {
            return default;
        }

        if (Interlocked.Increment(ref _count) > options.WaitsMax)
        {
            Interlocked.Decrement(ref _count);
            throw new ProblemException(ErrorKinds.Overloaded, "As many requests wait at this gateway as it takes.");
        }

        return new Slot(this);
    }

    public readonly struct Slot(WaitSlots? slots) : IDisposable
    {
        public void Dispose()
        {
            if (slots is not null)
            {
                Interlocked.Decrement(ref slots._count);
            }
        }
    }
}
