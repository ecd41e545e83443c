using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Http;

/// <summary>Writes every n-th key once. A key whose answer was lost with its connection is written again.</summary>
internal sealed class HttpFill(RequestTemplate template, int share, int shares, int keys) : IExchange
{
    private int _next = share;

    public void Connected()
    {
        // The key under way is still _next.
    }

    public bool TryNextRequest(out ArraySegment<byte> request)
    {
        request = _next < keys ? template.ForKey(_next) : default;
        return _next < keys;
    }

    public bool TryReadReply(ReadOnlySpan<byte> received, out Reply reply, out int consumed)
    {
        var complete = HttpReply.TryRead(received, out var status, out consumed);
        reply = new Reply(status < 300 ? ReplyKind.Success : ReplyKind.Failure, status);
        _next += complete ? shares : 0;
        return complete;
    }
}
