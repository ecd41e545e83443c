using Cloudkeeper.Coherence.Watches;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>What one watch is shown first, for as long as it is shown it.</summary>
/// <param name="leave">Called once.</param>
internal sealed class InitialHold(Snapshot snapshot, Action leave) : IDisposable
{
    private Action? _leave = leave;

    public Snapshot Snapshot => snapshot;

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
