using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudkeeper.Local.Commands;

namespace Cloudkeeper.Local.Api;

/// <summary>The cluster's own API, through the proxy as for every client.</summary>
internal sealed class ClusterApi(Uri proxy) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = proxy,
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <exception cref="CommandException">No process answers.</exception>
    public async Task<ClusterStatus> ReadAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/cluster", null, cancellationToken);
        return (await answer.Content.ReadFromJsonAsync(ClusterJson.Default.ClusterStatus, cancellationToken))!;
    }

    /// <summary>Reads again until it is as it should be.</summary>
    public async Task<ClusterStatus> WaitAsync(Func<ClusterStatus, bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var status = await ReadAsync(cancellationToken);
            if (condition(status))
            {
                return status;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    public async Task RemoveAsync(IEnumerable<string> members, CancellationToken cancellationToken)
    {
        var path = "/v1/cluster/members/" + string.Join(',', members);
        using var answer = await SendAsync(HttpMethod.Delete, path, null, cancellationToken);
    }

    public async Task TransferAsync(string member, bool dryRun, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["member"] = member };
        var path = "/v1/cluster/leader" + (dryRun ? "?dryRun=true" : "");
        using var answer = await SendAsync(HttpMethod.Post, path, body, cancellationToken);
    }

    /// <summary>Copies a backup to where it is to go.</summary>
    /// <returns>The revision that it holds.</returns>
    public async Task<string?> DownloadAsync(Stream target, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/cluster/snapshot", null, cancellationToken);
        await answer.Content.CopyToAsync(target, cancellationToken);
        return answer.Headers.TryGetValues("Cloudkeeper-Revision", out var values) ? values.First() : null;
    }

    public void Dispose() => _client.Dispose();

    /// <exception cref="CommandException">Any answer but success, in the words of the API.</exception>
    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body);
        try
        {
            var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                throw new CommandException(await DetailOfAsync(answer, cancellationToken));
            }
        }
        catch (HttpRequestException e)
        {
            throw new CommandException($"The proxy at {Topology.Text(proxy)} does not answer: {e.Message}");
        }
    }

    private static async Task<string> DetailOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return $"{(string?)problem?["detail"]} ({(string?)problem?["code"]})";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return $"The cluster answers {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        }
    }
}
