using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Hosting.Tests.Security;

public sealed class ClusterKeyGuardTests
{
    private const string Base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    /// <summary>The announced bytes never come: a server that reads the body would wait.</summary>
    [Theory(Timeout = 30_000)]
    [InlineData("Content-Length: 4000000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task A_stranger_is_refused_before_anything_of_the_body_is_read(string body)
    {
        await using var app = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", new Uri(app.Urls.Single()).Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /closed HTTP/1.1\r\nHost: localhost\r\n{body}\r\n\r\n"),
            TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream);
        var head = new List<string>();
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } line)
        {
            head.Add(line);
        }

        Assert.Equal("HTTP/1.1 401 Unauthorized", head[0]);
        Assert.Contains("WWW-Authenticate: Cloudkeeper realm=\"cloudkeeper\"", head, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Calls_between_processes_show_the_key()
    {
        await using var app = await StartAsync();
        using var client = Http2Client.Create(
            new Uri(app.Urls.Single()), cluster: app.Services.GetRequiredService<ClusterAccess>());
        using var answer = await client.PostAsync("/closed", null, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0", $"--Hosting:ClusterKey={Base64}"]);
        builder.AddCloudkeeperHosting("test");
        builder.AddClusterKey();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseClusterKey();
        app.MapPost("/closed", static () => "in");
        app.MapCloudkeeperOperations();
        await app.StartAsync();
        return app;
    }
}
