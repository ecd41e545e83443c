using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Reads the whole of changes of which the feed told a part: from the shared cache, else from a node.</summary>
internal sealed class ChangeReader(INodes nodes, ChangeCache cache)
{
    /// <param name="known">What the feed said of it.</param>
    /// <returns>Null: gone from the history.</returns>
    public async ValueTask<Change?> ReadAsync(Revision revision, Change known)
    {
        if (await cache.FindAsync(revision, known) is { } cached)
        {
            return cached;
        }

        var request = new ReadChangeRequest(revision, known.Path);
        var answer = await nodes.ReadAsync(request, ReadConsistency.Local, revision);
        if (answer.Result is not ReadChangeResult { Code: ResultCode.Ok, Change: { } whole })
        {
            return null;
        }

        cache.Store(revision, known, whole);
        return whole;
    }
}
