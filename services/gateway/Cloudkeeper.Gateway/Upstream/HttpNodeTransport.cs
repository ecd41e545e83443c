using System.Net;
using System.Net.Http.Headers;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>HTTP/2 with prior knowledge: one connection to each node for batches, one for streams; and one for questions.</summary>
internal sealed class HttpNodeTransport(ClusterAccess access) : INodeTransport, IDisposable
{
    private static readonly MediaTypeHeaderValue Binary = new("application/octet-stream");
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    // Long streams of their own connection: their bytes do not stand in the way of a batch.
    private readonly HttpClient _batches = Http2Client.Create(answerBytesMax: Limits.BatchAnswerBytesMax, cluster: access);
    private readonly HttpClient _streams = Http2Client.Create(answerBytesMax: BoundedAnswer.ListBytesMax, cluster: access);

    // One question is under way at a time, so there is nothing for HTTP/2 to share out, and its threads on both sides
    // would cost more than the question. That the handler may repeat one over HTTP/1.1 does no harm.
    private readonly HttpClient _questions = new(access.Sign(Http2Client.CreateHandler()))
    {
        DefaultRequestHeaders = { Host = Http2Client.Authority },
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = BoundedAnswer.JsonBytesMax,
    };

    public ValueTask<NodeReply> PostAsync(
        Uri node, string route, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => SendAsync(
            route == NodeRoutes.ReadIndex ? _questions : _batches,
            HttpMethod.Post, AddressOf(node, route), body, Binary, cancellationToken);

    /// <remarks>These take long now and then, and no batch waits for them.</remarks>
    public ValueTask<NodeReply> CallAsync(
        HttpMethod method, Uri node, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        SendAsync(_streams, method, AddressOf(node, route), json, Json, cancellationToken);

    public async Task<Stream> OpenAsync(Uri node, string route, CancellationToken cancellationToken)
    {
        try
        {
            return await _streams.GetStreamAsync(AddressOf(node, route), cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new NodeUnreachableException($"{node} opens no stream: {e.Message}", e);
        }
    }

    public async Task<HttpResponseMessage> GetAsync(Uri node, string route, CancellationToken cancellationToken)
    {
        try
        {
            return await _streams.GetAsync(
                AddressOf(node, route), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new NodeUnreachableException($"{node} does not answer.", e);
        }
    }

    public void Dispose()
    {
        _batches.Dispose();
        _streams.Dispose();
        _questions.Dispose();
    }

    private static async ValueTask<NodeReply> SendAsync(
        HttpClient client, HttpMethod method, Uri address, ReadOnlyMemory<byte> body, MediaTypeHeaderValue type,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Version = client.DefaultRequestVersion;
        request.VersionPolicy = client.DefaultVersionPolicy;
        if (method == HttpMethod.Post)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = type;
        }

        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return new NodeReply(response.StatusCode, LeaderOf(response), content);
        }
        catch (HttpRequestException e) when (IsUnreachable(e))
        {
            throw new NodeUnreachableException($"{address.Authority} cannot be reached.", e);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"The connection to {address.Authority} broke.", e);
        }
    }

    private static Uri AddressOf(Uri node, string route) => new(node, route);

    private static bool IsUnreachable(HttpRequestException e) => e.HttpRequestError
        is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;

    private static Uri? LeaderOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(NodeRoutes.LeaderHeader, out var values)
        && Uri.TryCreate(values.FirstOrDefault(), UriKind.Absolute, out var leader)
            ? leader
            : null;
}
