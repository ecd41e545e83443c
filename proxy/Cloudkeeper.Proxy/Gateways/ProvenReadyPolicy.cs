using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>A gateway is ready when its last probe was answered with success, and with a proof that it is a gateway.</summary>
internal sealed class ProvenReadyPolicy(
    GatewayProofs proofs, IDestinationHealthUpdater health, IClusterDestinationsUpdater destinations) : IActiveHealthCheckPolicy
{
    public const string PolicyName = "ProvenReady";

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
    {
        var isNews = false;
        var states = new List<NewActiveDestinationHealth>(probingResults.Count);
        foreach (var result in probingResults)
        {
            // A gateway that does not answer has proved nothing: its last proof stands.
            isNews |= result.Response is { } answer && proofs.Hear(result.Destination, answer);
            states.Add(new NewActiveDestinationHealth(
                result.Destination,
                result.Response is { IsSuccessStatusCode: true } && proofs.Admit(result.Destination)
                    ? DestinationHealth.Healthy
                    : DestinationHealth.Unhealthy));
        }

        health.SetActive(cluster, states);
        if (isNews)
        {
            // A gateway that is not ready may still be the best that there is, once it has proved itself.
            destinations.UpdateAvailableDestinations(cluster);
        }
    }
}
