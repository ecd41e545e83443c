using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Recovery;

/// <summary>
/// One backup is made at a time: each goes through the whole tree and is read again to its last byte. A request that
/// comes meanwhile gets the same one, and its revision shows how far it goes.
/// </summary>
/// <param name="make">Makes one, for all requests that wait for it.</param>
internal sealed class BackupsUnderWay(Func<ReplicaHost, Task<BackupMade>> make)
{
    /// <summary>Most requests at a time, from when they come to their last byte: each keeps a file open.</summary>
    public const int RequestsMax = 64;

    private readonly Lock _gate = new();
    private Task<BackupMade>? _underWay;
    private int _requests;

    /// <summary>False: too many are there already. Otherwise <see cref="Leave"/> when it is done.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= RequestsMax)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);

    /// <summary>The backup that is being made, or a new one.</summary>
    public Task<BackupMade> JoinAsync(ReplicaHost replica)
    {
        lock (_gate)
        {
            if (_underWay is null or { IsCompleted: true })
            {
                _underWay = Task.Run(() => make(replica));
            }

            return _underWay;
        }
    }
}

/// <param name="Snapshot">Null: there is none, and <paramref name="Refusal"/> gives the reason.</param>
/// <param name="Refusal">A status and a reason.</param>
internal sealed record BackupMade(SnapshotMetadata? Snapshot, (int Status, string Problem) Refusal = default);
