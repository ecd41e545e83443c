using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Nodes;

/// <summary>With nodes that remember two deletions.</summary>
public sealed class ForgottenDeletionTests : IAsyncLifetime
{
    private readonly GatewayFixture _gateway = new()
    {
        Nodes = new TreeNodes(new StateMachineOptions { TombstonesMax = 2 }),
    };

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("&view=stat")]
    [InlineData("&view=children")]
    public async Task A_wait_from_before_a_forgotten_deletion_is_answered_with_the_absence(string view)
    {
        var put = await _gateway.PutAsync("/v1/nodes/a", "1");
        await _gateway.DeleteAsync("/v1/nodes/a");
        var last = put;
        foreach (var other in new[] { "/v1/nodes/b", "/v1/nodes/c", "/v1/nodes/d" })
        {
            await _gateway.PutAsync(other, "1");
            last = await _gateway.DeleteAsync(other);
        }

        // What the gateway keeps in memory would know better.
        var fresh = $"consistency=session{view}";
        (await _gateway.GetAsync($"/v1/nodes/a?wait=60s&after={put.Revision}&{fresh}")).ShouldBe(404, "node-not-found");
        (await _gateway.GetAsync($"/v1/nodes/a?wait=60s&after={put.Revision}{view}")).ShouldBe(404, "node-not-found");
        (await _gateway.GetAsync($"/v1/nodes/a?wait=50ms&after={last.Revision}{view}")).ShouldBe(304);
    }
}
