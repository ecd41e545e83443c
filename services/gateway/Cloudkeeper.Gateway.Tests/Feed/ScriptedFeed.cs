using Cloudkeeper.Coherence.Delivery;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Tests.Feed;

/// <summary>Nodes whose feed a test writes; they answer nothing else.</summary>
internal sealed class ScriptedFeed : INodes
{
    private readonly Channel<Stream> _opened = Channel.CreateUnbounded<Stream>();

    /// <summary>The next stream that is opened.</summary>
    public ValueTask<Stream> NextAsync() => _opened.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public async IAsyncEnumerable<FeedFrame> FollowAsync(
        Revision? from, Func<Revision> known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = new Stream(from);
        _opened.Writer.TryWrite(stream);
        await foreach (var frame in stream.Frames.Reader.ReadAllAsync(cancellationToken))
        {
            yield return frame;
        }
    }

    public ValueTask<ReadAnswer> ReadAsync(ReadRequest request, ReadConsistency consistency, Revision minRevision) =>
        throw new NotSupportedException();

    public ValueTask<ReadIndex> ReadIndexAsync() => throw new NotSupportedException();

    public ValueTask<CommandResult> ExecuteAsync(CommandRequest request, SessionId? session) =>
        throw new NotSupportedException();

    public ValueTask<KeepaliveResult> KeepAliveAsync(SessionId session) => throw new NotSupportedException();

    public ValueTask<ReadOnlyMemory<byte>> ReadClusterAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    internal sealed class Stream(Revision? from)
    {
        /// <summary>Where it was asked to begin.</summary>
        public Revision? From => from;

        public Channel<FeedFrame> Frames { get; } = Channel.CreateUnbounded<FeedFrame>();

        public void Say(params FeedFrame[] frames) => Array.ForEach(frames, frame => Frames.Writer.TryWrite(frame));

        /// <summary>A transaction that changes /a.</summary>
        public void Change(long revision, long? previous = null) => Say(new ChangeSetFrame(new ChangeSet(
            new Revision(previous ?? revision - 1), new Revision(revision), 0,
            [new Change(ChangeType.Changed, "/a", default, "text/plain", new byte[revision % 100], null)], [])));

        public void Break() => Frames.Writer.TryComplete(new IOException("broken"));
    }
}
