using Cloudkeeper.Coherence.Delivery;
using System.Text;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>Nodes that know past changes and count the requests for them.</summary>
internal sealed class PastChanges : INodes
{
    public static readonly Guid Cluster = new("00112233445566778899aabbccddeeff");

    private readonly Dictionary<(Revision, string), Change> _changes = [];

    public int Asked { get; private set; }

    /// <summary>A change of a large value.</summary>
    /// <returns>The feed's form of it.</returns>
    public Change Add(Revision revision, string path, long time = 1_700_000_000_123)
    {
        var value = Encoding.UTF8.GetBytes($"{path} since {time} " + new string('x', Limits.FeedValueBytesMax));
        var stat = new NodeStat(
            new Revision(1), revision, new Revision(1), time - 5, time, 3, 0, 0, NodeKind.Persistent, null, 0, value.Length, 0);
        var whole = new Change(
            ChangeType.Changed, path, stat, "text/plain", value, new PreviousValue(2, "text/plain", "before"u8.ToArray()));
        _changes[(revision, path)] = whole;
        return whole with { Value = null, Previous = null };
    }

    public Change WholeOf(Revision revision, string path) => _changes[(revision, path)];

    public ValueTask<ReadAnswer> ReadAsync(ReadRequest request, ReadConsistency consistency, Revision minRevision)
    {
        Asked++;
        var read = Assert.IsType<ReadChangeRequest>(request);
        var found = _changes.GetValueOrDefault((read.Revision, read.Path));
        var code = found is null ? ResultCode.RevisionCompacted : ResultCode.Ok;
        return new(new ReadAnswer(new ReadChangeResult(code, found, new Revision(1)), minRevision));
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadClusterAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<CommandResult> ExecuteAsync(CommandRequest request, SessionId? session) =>
        throw new NotSupportedException();

    public ValueTask<ReadIndex> ReadIndexAsync() => throw new NotSupportedException();

    public ValueTask<KeepaliveResult> KeepAliveAsync(SessionId session) => throw new NotSupportedException();

    public IAsyncEnumerable<FeedFrame> FollowAsync(
        Revision? from, Func<Revision> known, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
