using System.Text;

namespace Cloudkeeper.LoadGenerator.Http;

/// <summary>The bytes of a request whose only variable part is the number of a key, in place and of fixed width.</summary>
internal sealed class RequestTemplate
{
    private const int KeyDigits = 8;
    private readonly byte[] _bytes;
    private readonly int _keyOffset;

    private RequestTemplate(string line, string host, string headers, ReadOnlySpan<byte> body)
    {
        const string Placeholder = "00000000";
        var head = $"{line} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n";
        _keyOffset = head.IndexOf(Placeholder, StringComparison.Ordinal);
        _bytes = [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    public static RequestTemplate Read(string host) => new("GET /v1/nodes/load/key-00000000", host, "", []);

    public static RequestTemplate ReadStale(string host) =>
        new("GET /v1/nodes/load/key-00000000?consistency=stale", host, "", []);

    public static RequestTemplate Write(string host, int valueSize) =>
        Put("PUT /v1/nodes/load/key-00000000", host, valueSize);

    public static RequestTemplate Fill(string host, int valueSize) =>
        Put("PUT /v1/nodes/load/key-00000000?parents=true", host, valueSize);

    public ArraySegment<byte> ForKey(int key)
    {
        for (var i = _keyOffset + KeyDigits - 1; i >= _keyOffset; i--, key /= 10)
        {
            _bytes[i] = (byte)('0' + (key % 10));
        }

        return _bytes;
    }

    private static RequestTemplate Put(string line, string host, int valueSize)
    {
        var value = new byte[valueSize];
        value.AsSpan().Fill((byte)'x');
        var headers = $"Content-Type: application/octet-stream\r\nContent-Length: {valueSize}\r\n";
        return new RequestTemplate(line, host, headers, value);
    }
}
