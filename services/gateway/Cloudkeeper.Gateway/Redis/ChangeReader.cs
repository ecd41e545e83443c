using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Reads the whole of changes of which the feed told a part: from the shared cache, else from a node.</summary>
internal sealed class ChangeReader(INodes nodes, ChangeCache cache)
{
    /// <param name="known">What the feed said of it.</param>
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
            // What is not whole it does not take.
            cache.Store(revision, known, found);
        }

        return found;
    }
}
