using System.Net.Http.Json;
using System.Text;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>A client that shows answers as they are: nothing is retried, no status is an exception.</summary>
public sealed class ApiClient : IDisposable
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly HttpClient _http;

    public ApiClient(Uri address) => _http = new HttpClient(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>A client of a node's own routes, which want the cluster key.</summary>
    internal static ApiClient OfNode(ServerProcess node)
    {
        var client = new ApiClient(node.Address);
        client._http.DefaultRequestHeaders.Add("Authorization", TestClusterKey.Authorization);
        return client;
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>Null when no answer could be had: for servers that may not be up.</summary>
    public async Task<Answer?> TryGetAsync(string path)
    {
        try
        {
            return await GetAsync(path);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public Task<Answer> PutAsync(string path, string value, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, new ByteArrayContent(Encoding.UTF8.GetBytes(value)), headers);

    public Task<Answer> PostJsonAsync(string path, object body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, JsonContent.Create(body), headers);

    public Task<Answer> DeleteAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Delete, path, null, headers);

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = CreateRequest(method, path, headers);
        request.Content = content;
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new Answer((int)response.StatusCode, response.Headers, response.Content.Headers, body);
    }

    /// <summary>A watch; it ends when disposed.</summary>
    public async Task<EventReader> WatchAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = CreateRequest(HttpMethod.Get, path, [.. headers, ("Accept", "text/event-stream")]);
        var response = await _http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        return new EventReader(response);
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage CreateRequest(HttpMethod method, string path, (string Name, string Value)[] headers)
    {
        // Paths go out as they stand: no dot segment is resolved and nothing is decoded on the way.
        var uri = new Uri(_http.BaseAddress!.GetLeftPart(UriPartial.Authority) + path, AsWritten);
        var request = new HttpRequestMessage(method, uri);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }
}
