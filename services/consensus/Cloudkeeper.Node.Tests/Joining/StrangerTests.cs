using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TestClusterKey = Cloudkeeper.Cluster.Tests.Clusters.TestClusterKey;

namespace Cloudkeeper.Node.Tests.Joining;

/// <summary>
/// The address of a node to add may be a stranger's: the key is shown there only after a proof that it is known.
/// </summary>
public sealed class StrangerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-stranger-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_stranger_that_answers_like_a_node_is_neither_shown_the_key_nor_taken_in()
    {
        await using var stranger = await Stranger.StartAsync((context, self) => context.Response.WriteAsJsonAsync(
            new NodeView(null, null, Guid.NewGuid(), NodePhase.New, FeatureLevels.Newest, self, "new"), Stopping));
        await IsRefusedAsync(stranger);
    }

    [Fact]
    public async Task A_stranger_that_relays_the_challenge_to_a_real_node_is_not_shown_the_key()
    {
        await using var real = OneNode.Start(Path.Combine(_directory, "real"));
        using var client = real.CreateStranger();
        await using var stranger = await Stranger.StartAsync(async (context, _) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, NodeRoutes.Membership);
            request.Headers.Add(KeyProof.ChallengeHeader, context.Request.Headers[KeyProof.ChallengeHeader].ToString());
            using var answer = await client.SendAsync(request, Stopping);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.Headers[KeyProof.ProofHeader] = answer.Headers.GetValues(KeyProof.ProofHeader).Single();
        });
        await IsRefusedAsync(stranger);
    }

    [Fact]
    public async Task A_node_that_proves_to_know_the_key_is_shown_it()
    {
        await using var other = await Stranger.StartAsync((context, self) =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers[KeyProof.ProofHeader] = KeyProof.Of(
                ClusterKey.TryParse(TestClusterKey.Base64)!, context.Request.Headers[KeyProof.ChallengeHeader].ToString(), self);
            return Task.CompletedTask;
        });
        await AddAsync(other.Address);
        Assert.Contains(TestClusterKey.Authorization, other.Shown);
    }

    /// <summary>It knows no key and asks for none: while processes are changed one by one it may join.</summary>
    [Fact]
    public async Task A_node_of_a_former_version_is_not_shown_the_key_and_may_join_where_the_key_is_not_required()
    {
        await using var former = await Stranger.StartAsync((context, self) => context.Request.Path == NodeRoutes.Membership
            ? context.Response.WriteAsJsonAsync(new NodeView(null, null, Guid.NewGuid(), NodePhase.New, FeatureLevels.Newest, self, "new"), Stopping)
            : Task.CompletedTask);
        var (status, answer) = await AddAsync(former.Address, ("Hosting:ClusterKeyRequired", "false"));
        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        Assert.Equal([""], former.Shown.Distinct(StringComparer.Ordinal));
    }

    private async Task IsRefusedAsync(Stranger stranger)
    {
        var (status, answer) = await AddAsync(stranger.Address);
        Assert.Equal((HttpStatusCode.Conflict, "not-reachable"), (status, answer.GetProperty("code").GetString()));
        Assert.Equal([""], stranger.Shown.Distinct(StringComparer.Ordinal));
    }

    /// <summary>A leader's answer to a dry run of adding a node.</summary>
    private async Task<(HttpStatusCode Status, JsonElement Answer)> AddAsync(string url, params (string Name, string Value)[] settings)
    {
        await using var leader = await OneNode.Start(Path.Combine(_directory, "leader"), settings).LeadAsync();
        using var response = await leader.Client.PostAsJsonAsync(NodeRoutes.Members, new { url, dryRun = true }, Stopping);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Stopping));
    }

    /// <summary>A process at an address, which records what it was shown.</summary>
    private sealed class Stranger : IAsyncDisposable
    {
        private readonly WebApplication _application;

        private Stranger(WebApplication application) => _application = application;

        public string Address => _application.Urls.Single();

        public ConcurrentQueue<string> Shown { get; } = [];

        public static async Task<Stranger> StartAsync(Func<HttpContext, string, Task> answer)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
            var stranger = new Stranger(builder.Build());
            stranger._application.Run(context =>
            {
                stranger.Shown.Enqueue(context.Request.Headers.Authorization.ToString());
                return answer(context, stranger.Address);
            });
            await stranger._application.StartAsync(Stopping);
            return stranger;
        }

        public ValueTask DisposeAsync() => _application.DisposeAsync();
    }
}
