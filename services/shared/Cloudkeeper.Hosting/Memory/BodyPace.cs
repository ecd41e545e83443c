using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>How fast a body has to come: as the web server demands it, and faster while memory is short.</summary>
public sealed class BodyPace(TransferPace transfers, IOptions<KestrelServerOptions> server)
{
    /// <summary>A value of 1 MiB in half a minute.</summary>
    private const double BytesPerSecondUnderPressure = 32 << 10;

    /// <summary>Between two parts of a body.</summary>
    private static readonly TimeSpan StallMax = TimeSpan.FromMinutes(1);

    private readonly PaceRule _rule = RuleOf(server.Value.Limits.MinRequestBodyDataRate);

    /// <summary>Watches a body that is read here. If it is too slow, the read that is under way is cancelled.</summary>
    public Transfer Begin(PipeReader reader) => transfers.Begin(
        MemoryUse.Bodies, _rule, static reader => ((PipeReader)reader).CancelPendingRead(), reader);

    private static PaceRule RuleOf(MinDataRate? rate) => new(
        rate?.BytesPerSecond ?? 0,
        BytesPerSecondUnderPressure,
        rate?.GracePeriod ?? TimeSpan.FromSeconds(5),
        rate is null ? TimeSpan.MaxValue : StallMax);
}
