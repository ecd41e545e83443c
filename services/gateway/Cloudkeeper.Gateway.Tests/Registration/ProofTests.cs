using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Gateway.Tests.Registration;

/// <summary>Proxies send requests only to gateways that know the cluster key.</summary>
public sealed class ProofTests
{
    private static readonly ClusterKey Key = ClusterKey.TryParse(TestClusterKey.Base64)!;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_gateway_proves_at_its_address_that_it_knows_the_key_whether_or_not_it_is_ready(bool isReady)
    {
        var nodes = new TreeNodes();
        await using var gateway = new GatewayFixture { Nodes = nodes };
        await gateway.InitializeAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);
        var challenge = KeyProof.NewChallenge();
        nodes.HasNoQuorum = !isReady;

        var answer = await gateway.GetAsync("/readyz", (KeyProof.ChallengeHeader, challenge));

        Assert.Equal(isReady ? 200 : 503, (int)answer.Status);
        Assert.Equal(address, Header(answer, KeyProof.AddressHeader));
        Assert.True(KeyProof.IsRight(Header(answer, KeyProof.ProofHeader), Key, challenge, address));
        Assert.False(KeyProof.IsRight(Header(answer, KeyProof.ProofHeader), Key, KeyProof.NewChallenge(), address));
    }

    [Fact]
    public async Task It_proves_its_own_advertised_address()
    {
        await using var gateway = new GatewayFixture
        {
            Settings = new Dictionary<string, string?> { ["Gateway:AdvertisedAddress"] = "http://Gateway4.example:7100/" },
        };
        await gateway.InitializeAsync();
        var challenge = KeyProof.NewChallenge();
        var answer = await gateway.GetAsync("/readyz", (KeyProof.ChallengeHeader, challenge));
        Assert.True(KeyProof.IsRight(Header(answer, KeyProof.ProofHeader), Key, challenge, "http://gateway4.example:7100"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    public async Task Without_a_challenge_there_is_no_proof(string? challenge)
    {
        await using var gateway = new GatewayFixture();
        await gateway.InitializeAsync();
        var answer = await gateway.GetAsync("/readyz", challenge is null ? [] : [(KeyProof.ChallengeHeader, challenge)]);
        Assert.Null(Header(answer, KeyProof.ProofHeader));
        Assert.Null(Header(answer, KeyProof.AddressHeader));
    }

    private static string? Header(Answer answer, string name) => answer.Headers.GetValueOrDefault(name);
}
