using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary>Keeps a session alive for as long as its watch or wait is open.</summary>
internal sealed class SessionKeeper : IDisposable
{
    /// <summary>A TTL has room for three keepalives: one may be lost and one late.</summary>
    private const int KeepalivesPerTtl = 3;

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _closing = new();

    // Not disposed of: a last keepalive may be under way, and its handle has no waiter.
    private readonly CancellationTokenSource _ended = new();

    private SessionKeeper(INodes nodes, SessionId session, long ttl, TimeProvider time) =>
        _ = KeepAsync(nodes, session, ttl, time, _closing.Token);

    /// <summary>Cancelled when the session has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <exception cref="ProblemException"><c>session-not-found</c> or <c>session-expired</c>.</exception>
    public static async Task<SessionKeeper> StartAsync(INodes nodes, SessionId session, TimeProvider time)
    {
        var first = await nodes.KeepAliveAsync(session);
        return first.Status == KeepaliveStatus.Alive
            ? new SessionKeeper(nodes, session, first.ExpiresInMilliseconds, time)
            : throw new ProblemException(await SessionProblems.ReadAsync(nodes, session));
    }

    public void Dispose()
    {
        _closing.Cancel();
        _closing.Dispose();
    }

    private async Task KeepAsync(
        INodes nodes, SessionId session, long ttl, TimeProvider time, CancellationToken closing)
    {
        var pause = TimeSpan.FromMilliseconds((double)ttl / KeepalivesPerTtl);
        pause = pause > PauseMin ? pause : PauseMin;
        while (await IsDueAsync(pause, time, closing))
        {
            try
            {
                var result = await nodes.KeepAliveAsync(session);
                if (result.Status != KeepaliveStatus.Alive)
                {
                    await _ended.CancelAsync();
                    return;
                }
            }
            catch (ProblemException)
            {
                // No node could count it. The session lives or dies by what the leader knows: ask again.
            }
        }
    }

    private static async Task<bool> IsDueAsync(TimeSpan pause, TimeProvider time, CancellationToken closing)
    {
        await Task.Delay(pause, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !closing.IsCancellationRequested;
    }
}
