using System.Net;
using System.Text.Json;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Checkpoints;

/// <summary>Asks other members for their digests.</summary>
internal sealed class DigestClient(PeerClient peers, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Null: it does not know it (any more, or yet), or does not answer.</summary>
    public async Task<ulong?> AskAsync(string address, Guid cluster, LogIndex index, CancellationToken cancellationToken)
    {
        var body = await CallAsync(HttpMethod.Get, address + QueryOf(PeerRoutes.Digest, cluster, index), cancellationToken);
        try
        {
            return body is null ? null : JsonSerializer.Deserialize<DigestView>(body, JsonSerializerOptions.Web)?.Digest;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Asks a member to find out whether it is the one that is wrong. A lost request is asked again by the next.</summary>
    public Task AskToCheckAsync(string address, Guid cluster, LogIndex index, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, address + QueryOf(PeerRoutes.DigestCheck, cluster, index), cancellationToken);

    private static string QueryOf(string route, Guid cluster, LogIndex index) => $"{route}?cluster={cluster:N}&index={index}";

    private async Task<byte[]?> CallAsync(HttpMethod method, string uri, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(method, uri)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await peers.Client.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(either.Token) : null;
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}

/// <param name="Digest">Null: no digest was taken behind this entry, or it is too long ago.</param>
internal sealed record DigestView(ulong? Digest);
