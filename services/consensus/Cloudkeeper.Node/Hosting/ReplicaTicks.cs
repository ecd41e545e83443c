namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Brings the ticks of a timer to the replica. Those that pile up behind a long turn count once: the replica has
/// received nothing in that turn, and ticks that run one after the other would look like silence of its leader.
/// </summary>
internal sealed class ReplicaTicks(ReplicaTurns turns, Action tick)
{
    private int _isWaiting;

    public void Post()
    {
        if (Interlocked.Exchange(ref _isWaiting, 1) == 0)
        {
            turns.Post(Run);
        }
    }

    private void Run()
    {
        Volatile.Write(ref _isWaiting, 0);
        tick();
    }
}
