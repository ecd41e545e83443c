using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.ZooKeeper;

/// <summary>
/// One session of ZooKeeper's, one operation in flight. Its linearizable read is sync and getData sent together, as a
/// client library would pipeline them; both answers make one operation.
/// </summary>
internal sealed class ZooKeeperExchange(Func<KeyRequest?> next) : IExchange
{
    private const int NodeExists = -110;
    private static readonly byte[] ConnectPacket = ZooKeeperPackets.Connect();
    private bool _hasSession;
    private int _expectedReplies;

    public static ZooKeeperExchange Create(Operation operation, int valueSize, int keys, int seed)
    {
        var random = new Random(seed);
        var write = new KeyPacket(ZooKeeperPackets.SetData(KeyPacket.AnyKey, new byte[valueSize]), 1);
        var stale = new KeyPacket(ZooKeeperPackets.GetData(KeyPacket.AnyKey), 1);
        var read = new KeyPacket(
            [.. ZooKeeperPackets.Sync(KeyPacket.AnyKey), .. ZooKeeperPackets.GetData(KeyPacket.AnyKey)], 2);
        return new ZooKeeperExchange(() => new KeyRequest(
            operation switch
            {
                Operation.Write => write,
                Operation.Stale => stale,
                Operation.Mix90 when random.Next(100) < 10 => write,
                _ => read,
            },
            random.Next(keys)));
    }

    /// <summary>Creates every n-th key; one that is there already is as good.</summary>
    public static ZooKeeperExchange CreateFill(int share, int shares, int valueSize, int keys)
    {
        var parent = new KeyPacket(ZooKeeperPackets.Create("/load", []), 1);
        var create = new KeyPacket(ZooKeeperPackets.Create(KeyPacket.AnyKey, new byte[valueSize]), 1);
        var key = share - shares; // each share makes sure of the parent first
        return new ZooKeeperExchange(() =>
        {
            var request = key < 0 ? new KeyRequest(parent, 0) : new KeyRequest(create, key);
            key += shares;
            return request.Key < keys ? request : null;
        });
    }

    public void Connected() => _hasSession = false;

    public bool TryNextRequest(out ArraySegment<byte> request)
    {
        if (!_hasSession)
        {
            request = ConnectPacket;
            return true;
        }

        var (packet, key) = next() ?? default;
        request = packet is null ? default : packet.ForKey(key);
        _expectedReplies = packet?.Replies ?? 0;
        return packet is not null;
    }

    public bool TryReadReply(ReadOnlySpan<byte> received, out Reply reply, out int consumed)
    {
        reply = default;
        if (!_hasSession)
        {
            return TryReadSession(received, out reply, out consumed);
        }

        consumed = 0;
        var error = 0;
        for (var i = 0; i < _expectedReplies; i++)
        {
            if (!ZooKeeperPackets.TryRead(received[consumed..], out var packet, out var length))
            {
                return false;
            }

            error = error == 0 ? ZooKeeperPackets.ErrorOf(packet) : error;
            consumed += length;
        }

        reply = new Reply(error is 0 or NodeExists ? ReplyKind.Success : ReplyKind.Failure, error);
        return true;
    }

    private bool TryReadSession(ReadOnlySpan<byte> received, out Reply reply, out int consumed)
    {
        reply = new Reply(ReplyKind.Handshake, 0);
        if (!ZooKeeperPackets.TryRead(received, out var packet, out consumed))
        {
            return false;
        }

        if (!ZooKeeperPackets.IsSessionGranted(packet))
        {
            throw new InvalidDataException("the session was refused");
        }

        _hasSession = true;
        return true;
    }
}

/// <summary>The next operation of a session.</summary>
internal readonly record struct KeyRequest(KeyPacket Packet, int Key);
