using System.Runtime.CompilerServices;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// Which gateways have shown that they know the cluster key. Their addresses come from a registry, and a stranger that
/// listens at one of them may answer as ready: each probe carries a fresh challenge (<see cref="KeyProof"/>), and
/// without the right answer to it an address gets no requests. A proxy answers none, so that no request runs in circles
/// between proxies.
/// </summary>
/// <remarks>
/// The proof holds for one address: another gateway's is of no use to a stranger that has registered his own. The
/// settings may name a gateway by another name than it has itself; at their addresses the proof of any gateway will do.
/// A proxy without a key, which asks no nodes and uses what its settings name, asks for none.
/// </remarks>
internal sealed class GatewayProofs
{
    private readonly ClusterKey? _key;
    private readonly HashSet<string> _listed;
    private readonly ConditionalWeakTable<DestinationState, StrongBox<bool>> _proven = [];

    public GatewayProofs(ClusterAccess access, IOptions<ProxyOptions> options)
    {
        // While keys are brought in, gateways may have none yet.
        _key = access.IsRequired ? access.Key : null;
        _listed = [.. AddressList.Parse(options.Value.Gateways).Select(Text)];
    }

    public void Challenge(HttpRequestMessage probe)
    {
        if (_key is not null)
        {
            probe.Headers.Add(KeyProof.ChallengeHeader, KeyProof.NewChallenge());
        }
    }

    /// <summary>Records the proof in the answer to a probe, or its absence.</summary>
    /// <returns>Whether this is news.</returns>
    public bool Hear(DestinationState gateway, HttpResponseMessage answer)
    {
        var isProven = IsProof(AddressOf(gateway), answer);
        var isNew = Known(gateway) != isProven;
        _proven.AddOrUpdate(gateway, new StrongBox<bool>(isProven));
        return isNew;
    }

    /// <summary>Whether requests may go there. A gateway of the settings may be used until it has been asked.</summary>
    public bool Admit(DestinationState gateway) =>
        _key is null || (Known(gateway) ?? _listed.Contains(AddressOf(gateway)));

    private bool? Known(DestinationState gateway) => _proven.TryGetValue(gateway, out var known) ? known.Value : null;

    private bool IsProof(string address, HttpResponseMessage answer)
    {
        if (_key is null)
        {
            return true;
        }

        var claimed = Header(answer.Headers, KeyProof.AddressHeader) ?? "";
        return (claimed == address || _listed.Contains(address))
            && Header(answer.RequestMessage!.Headers, KeyProof.ChallengeHeader) is { } challenge
            && KeyProof.IsRight(Header(answer.Headers, KeyProof.ProofHeader), _key, challenge, claimed);
    }

    private static string AddressOf(DestinationState gateway) => Text(new Uri(gateway.Model.Config.Address));

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static string? Header(System.Net.Http.Headers.HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
