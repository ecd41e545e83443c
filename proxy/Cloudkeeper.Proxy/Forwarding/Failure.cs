using Yarp.ReverseProxy.Forwarder;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>How an attempt to pass a request on ended, by what it leaves open.</summary>
internal enum Failure
{
    /// <summary>The gateway has answered, with any status.</summary>
    None,

    /// <summary>There is no gateway to send it to.</summary>
    NoGateway,

    /// <summary>No connection to the gateway came about: it cannot have seen any of the request.</summary>
    NotSent,

    /// <summary>The connection broke. The request may have been executed.</summary>
    Lost,

    /// <summary>The gateway was silent for too long. The request may have been executed.</summary>
    TimedOut,

    /// <summary>The client sent a body that cannot be read: too large, too slow, or not HTTP.</summary>
    BadBody,

    /// <summary>The request is of a kind that is not passed on, such as CONNECT.</summary>
    NotForwardable,

    /// <summary>The client has left.</summary>
    ClientGone,
}

internal static class Failures
{
    public static Failure Of(HttpContext context)
    {
        var feature = context.Features.Get<IForwarderErrorFeature>();
        return (feature?.Error ?? ForwarderError.None) switch
        {
            ForwarderError.None => Failure.None,
            ForwarderError.NoAvailableDestinations => Failure.NoGateway,
            ForwarderError.Request or ForwarderError.RequestTimedOut when IsNotConnected(feature!.Exception) => Failure.NotSent,
            ForwarderError.RequestTimedOut => Failure.TimedOut,
            ForwarderError.RequestBodyClient or ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyCanceled
                when GatewayAnswer.Stands(context) => Failure.None,
            ForwarderError.RequestBodyClient => Failure.BadBody,
            ForwarderError.RequestCreation => Failure.NotForwardable,
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled
                or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient => Failure.ClientGone,
            _ => Failure.Lost,
        };
    }

    /// <summary>
    /// The handler has a kind of error of its own for connections that do not come about. That one does not within its
    /// time, it reports as a cancellation caused by a timeout.
    /// </summary>
    private static bool IsNotConnected(Exception? exception) => exception is
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        or OperationCanceledException { InnerException: TimeoutException };
}
