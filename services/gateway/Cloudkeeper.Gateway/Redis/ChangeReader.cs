using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>
/// Reads the whole of changes that the feed carries in part: from the shared cache, else from a node.
/// </summary>
internal sealed class ChangeReader(INodes nodes, ChangeCache cache)
{
    /// <param name="known">The feed's part of it.</param>
    /// <returns>Null: gone from the history. Without a value that is gone from it.</returns>
    public async ValueTask<Change?> ReadAsync(Revision revision, Change known)
    {
        if (await cache.FindAsync(revision, known) is { } cached)
        {
            return cached;
        }

        var request = new ReadChangeRequest(revision, known.Path);
        var answer = await nodes.ReadAsync(request, ReadConsistency.Local, revision);
        var found = (answer.Result as ReadChangeResult)?.Change;
        if (found is not null)
        {
            // It does not take a change that is not whole.
            cache.Store(revision, known, found);
        }

        return found;
    }
}
