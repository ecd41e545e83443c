using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Reads;

/// <summary>How many bytes <see cref="ReadRequestCodec"/> writes for a request, exactly.</summary>
public static class ReadRequestSize
{
    /// <summary>Of a batch besides its requests, at most.</summary>
    public const int BatchHeaderBytesMax = 1 + 1 + sizeof(long) + 5;

    private const int Tag = 1;

    public static int Of(ReadRequest request) => Tag + request switch
    {
        ReadNodeRequest node => WireSize.OfString(node.Path) + WireSize.Boolean,
        ReadChildrenRequest children =>
            WireSize.OfString(children.Path) + WireSize.OfString(children.After) + sizeof(int) + WireSize.Boolean,
        ReadSubtreeRequest subtree =>
            WireSize.OfString(subtree.Path) + WireSize.OfString(subtree.After) + (2 * sizeof(int)) + WireSize.Boolean,
        ReadSessionRequest session => sizeof(long) + OfPage(session.Page),
        ReadTicketRequest => sizeof(long),
        ReadSessionsRequest => sizeof(long) + sizeof(int),
        ReadLockRequest held => WireSize.OfString(held.Path) + OfPage(held.Page),
        ReadChangeRequest change => sizeof(long) + WireSize.OfString(change.Path),
        ReadGatewaysRequest => 0,
        _ => throw new ArgumentException($"No size of {request?.GetType().Name}.", nameof(request)),
    };

    private static int OfPage(ArrivalPage? page) => page is null ? 0 : sizeof(int) + WireSize.Boolean
        + (page.After is { } after ? sizeof(long) + WireSize.OfString(after.Path) : 0);
}
