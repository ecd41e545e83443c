using System.Net;
using System.Text.Json;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Node.Joining;

/// <summary>Calls of other nodes about the members. A node that does not answer is an answer as well.</summary>
internal sealed partial class MembershipClient(
    PeerClient peers, ClusterAccess access, TimeProvider time, ILogger<MembershipClient> logger)
{
    /// <summary>A node knows its own identity at once.</summary>
    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(2);

    /// <summary>An announcement is answered when it is committed.</summary>
    private static readonly TimeSpan AnnouncementPatience = TimeSpan.FromSeconds(10);

    private readonly RareNotice _keyRefused = new(time);

    /// <summary>Null: no process answers there, or it is no node.</summary>
    public async Task<NodeView?> LookAsync(string address, CancellationToken cancellationToken)
    {
        var reply = await CallAsync(HttpMethod.Get, address, NodeRoutes.Membership, null, LookPatience, cancellationToken);
        return reply is { Status: HttpStatusCode.OK } ? reply.Read<NodeView>() : null;
    }

    /// <summary>
    /// The same at an address that a client has named: the key is shown there only once it is known there
    /// (<see cref="KeyProof"/>). Null: no process answers there that knows it.
    /// </summary>
    public async Task<NodeView?> LookAtStrangerAsync(string address, CancellationToken cancellationToken)
    {
        if (access.Key is not { } key)
        {
            return await LookAsync(address, cancellationToken);
        }

        var challenge = KeyProof.NewChallenge();
        var reply = await CallAsync(
            HttpMethod.Get, address, NodeRoutes.Membership, null, LookPatience, cancellationToken, challenge);
        return reply switch
        {
            { Status: HttpStatusCode.Unauthorized } when KeyProof.IsRight(reply.Proof, key, challenge, address) =>
                await LookAsync(address, cancellationToken),

            // A node of a former version, which knows no key. It is shown none.
            { Status: HttpStatusCode.OK } when !access.IsRequired => reply.Read<NodeView>(),
            _ => null,
        };
    }

    /// <summary>The voters, as a member knows them; null: it does not answer.</summary>
    public Task<MembershipReply?> AskForVotersAsync(string address, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, address, NodeRoutes.MembershipVoters, null, LookPatience, cancellationToken);

    public Task<MembershipReply?> AnnounceAsync(
        string address, AnnouncementBody announcement, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        address,
        NodeRoutes.MembershipAnnounce,
        JsonContent.Create(announcement),
        AnnouncementPatience,
        cancellationToken);

    public Task<MembershipReply?> InviteAsync(
        string address, InvitationBody invitation, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        address,
        NodeRoutes.MembershipInvite,
        JsonContent.Create(invitation),
        LookPatience,
        cancellationToken);

    private async Task<MembershipReply?> CallAsync(
        HttpMethod method,
        string address,
        string route,
        HttpContent? content,
        TimeSpan patience,
        CancellationToken cancellationToken,
        string? challenge = null)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(method, address + route)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = content,
            };
            var client = peers.Client;
            if (challenge is not null)
            {
                request.Headers.Add(KeyProof.ChallengeHeader, challenge);
                client = peers.Strangers;
            }

            using var response = await client.SendAsync(request, either.Token);
            NoticeRefusedKey(response.StatusCode, address, challenge);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            var leader = ReachableAddress.Parse(Header(response, NodeRoutes.LeaderHeader));
            return new MembershipReply(response.StatusCode, leader, body)
            {
                Proof = Header(response, KeyProof.ProofHeader),
            };
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private void NoticeRefusedKey(HttpStatusCode status, string address, string? challenge)
    {
        if (status == HttpStatusCode.Unauthorized && challenge is null && _keyRefused.IsDue())
        {
            LogKeyRefused(logger, address);
        }
    }

    [LoggerMessage(1, LogLevel.Error,
        "{Address} refuses the cluster key of this node: Hosting:ClusterKey is to be the same in all processes of the cluster")]
    private static partial void LogKeyRefused(ILogger logger, string address);
}

/// <param name="Leader">Base address of the leader, if the answering node knows one and is not it.</param>
internal sealed record MembershipReply(HttpStatusCode Status, string? Leader, byte[] Body)
{
    /// <summary>That it knows the cluster key, if it was asked.</summary>
    public string? Proof { get; init; }

    /// <summary>Null when the body is something else.</summary>
    public T? Read<T>()
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Body, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
