namespace Cloudkeeper.LoadGenerator.ZooKeeper;

/// <summary>A packet, or several sent together, with the number of a key in place.</summary>
internal sealed class KeyPacket
{
    public const string Prefix = "/load/key-";
    public const string AnyKey = Prefix + "00000000";
    private const int KeyDigits = 8;
    private readonly byte[] _bytes;
    private readonly List<int> _keyOffsets = [];

    public KeyPacket(byte[] bytes, int replies)
    {
        _bytes = bytes;
        Replies = replies;
        var marker = "/load/key-00000000"u8;
        for (var i = 0; i + marker.Length <= bytes.Length; i++)
        {
            if (bytes.AsSpan(i, marker.Length).SequenceEqual(marker))
            {
                _keyOffsets.Add(i + Prefix.Length);
            }
        }
    }

    /// <summary>How many packets the server answers with.</summary>
    public int Replies { get; }

    public ArraySegment<byte> ForKey(int key)
    {
        foreach (var offset in _keyOffsets)
        {
            var rest = key;
            for (var i = offset + KeyDigits - 1; i >= offset; i--, rest /= 10)
            {
                _bytes[i] = (byte)('0' + (rest % 10));
            }
        }

        return _bytes;
    }
}
