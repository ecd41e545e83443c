using System.Net;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Node.Tests.Joining;

/// <summary>A member that does nothing but answer, as the test wants it.</summary>
internal sealed class OtherMember : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly SemaphoreSlim _asked = new(0);

    private OtherMember(Func<AnnouncementBody, IResult> answer, Func<IResult>? voters, Func<IResult>? stream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _application = builder.Build();
        _application.MapPost(NodeRoutes.MembershipAnnounce, (AnnouncementBody announcement) =>
        {
            _asked.Release();
            return answer(announcement);
        });
        _application.MapGet(NodeRoutes.MembershipVoters, () => voters?.Invoke() ?? TypedResults.StatusCode(503));
        _application.MapPost(PeerRoutes.Stream, () => stream?.Invoke() ?? TypedResults.StatusCode(503));
    }

    public string Address => _application.Urls.Single();

    /// <param name="voters">The voters that it names; null: it does not know any.</param>
    /// <param name="stream">What it answers to streams of messages; null: it is not ready.</param>
    public static async Task<OtherMember> StartAsync(
        Func<AnnouncementBody, IResult> answer, Func<IResult>? voters = null, Func<IResult>? stream = null)
    {
        var member = new OtherMember(answer, voters, stream);
        await member._application.StartAsync(TestContext.Current.CancellationToken);
        return member;
    }

    /// <summary>Completes when it was asked once more since the last time.</summary>
    public Task AskedAsync() => _asked.WaitAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _asked.Dispose();
    }
}
