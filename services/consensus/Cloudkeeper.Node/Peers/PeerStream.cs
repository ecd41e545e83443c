using System.Buffers;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// One stream of messages from a peer, as long as the peer keeps the rules. The worst consequence of any bytes on it is
/// the end of the stream.
/// </summary>
internal sealed class PeerStream(ReplicaHost replica, PeerIdentity peer, NodeId to)
{
    private readonly TaskCompletionSource<PeerRefusal> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PeerIdentity Peer => peer;

    /// <summary>Completes when the stream has to end, with the reason.</summary>
    public Task<PeerRefusal> Broken => _broken.Task;

    /// <summary>Judged at every message: a member may be taken out while its stream is open.</summary>
    /// <exception cref="WireFormatException">Not a message of this peer.</exception>
    public void Receive(ReadOnlySequence<byte> frame)
    {
        if (replica.Admit(peer, to) is { } refusal)
        {
            _broken.TrySetResult(refusal);
        }
        else if (!_broken.Task.IsCompleted)
        {
            replica.Receive(Decode(frame), this);
        }
    }

    public void Break(string problem) =>
        _broken.TrySetResult(new PeerRefusal(StatusCodes.Status400BadRequest, problem));

    private RaftMessage Decode(ReadOnlySequence<byte> frame)
    {
        if (frame.IsSingleSegment)
        {
            return RaftMessageCodec.ReadFrom(peer.Node, to, frame.FirstSpan);
        }

        var length = (int)frame.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame.CopyTo(copy);
            return RaftMessageCodec.ReadFrom(peer.Node, to, copy.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
