using Cloudkeeper.Coherence.Watches;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>The initial state of one watch, for as long as it is being sent.</summary>
/// <param name="leave">Called once.</param>
internal sealed class InitialHold(Snapshot snapshot, Action leave) : IDisposable
{
    private Action? _leave = leave;

    public Snapshot Snapshot => snapshot;

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
