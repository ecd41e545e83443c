using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Http;

/// <summary>Requests for random keys over one HTTP/1.1 connection, each with the same distribution of operations.</summary>
internal sealed class HttpExchange(RequestTemplate common, RequestTemplate rare, int rarePercent, int keys, int seed)
    : IExchange
{
    // Seeded by the connection's number: two runs ask for the same keys in the same order.
    private readonly Random _random = new(seed);

    public static HttpExchange Create(Operation operation, string host, int valueSize, int keys, int seed)
    {
        var write = RequestTemplate.Write(host, valueSize);
        var read = operation == Operation.Stale ? RequestTemplate.ReadStale(host) : RequestTemplate.Read(host);
        return operation switch
        {
            Operation.Write => new HttpExchange(write, write, 0, keys, seed),
            Operation.Mix90 => new HttpExchange(read, write, 10, keys, seed),
            _ => new HttpExchange(read, read, 0, keys, seed),
        };
    }

    public void Connected()
    {
        // Nothing is sent before the first request.
    }

    public bool TryNextRequest(out ArraySegment<byte> request)
    {
        var template = rarePercent > 0 && _random.Next(100) < rarePercent ? rare : common;
        request = template.ForKey(_random.Next(keys));
        return true;
    }

    public bool TryReadReply(ReadOnlySpan<byte> received, out Reply reply, out int consumed)
    {
        var complete = HttpReply.TryRead(received, out var status, out consumed);
        reply = new Reply(status < 300 ? ReplyKind.Success : ReplyKind.Failure, status);
        return complete;
    }
}
