namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// The status that a gateway has answered with. It may answer before it has read the body, for instance that the body is
/// too large, and reads no more of it then: the request has ended well, though passing on its body has not.
/// </summary>
internal sealed class GatewayAnswer
{
    private readonly int _status;

    private GatewayAnswer(int status) => _status = status;

    /// <summary>Takes note that the gateway's status has come, and is the answer so far.</summary>
    public static void Note(HttpContext context) =>
        context.Features.Set(new GatewayAnswer(context.Response.StatusCode));

    /// <summary>The next gateway has not answered yet.</summary>
    public static void Forget(HttpContext context) => context.Features.Set<GatewayAnswer>(null);

    public static bool HasCome(HttpContext context) => context.Features.Get<GatewayAnswer>() is not null;

    /// <summary>Whether the answer is the gateway's, and no error has taken its place.</summary>
    public static bool Stands(HttpContext context) =>
        context.Features.Get<GatewayAnswer>() is { } answer && answer._status == context.Response.StatusCode;
}
