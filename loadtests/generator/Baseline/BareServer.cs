using System.Globalization;
using System.Net;
using Cloudkeeper.LoadGenerator.Processes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Yarp.ReverseProxy.Configuration;

namespace Cloudkeeper.LoadGenerator.Baseline;

/// <summary>
/// What the HTTP path costs with nothing behind it: a minimal API that answers the measured routes from memory, and
/// YARP in front of it over HTTP/2. Both run as children of the generator, each in a process of its own.
/// </summary>
internal static class BareServer
{
    /// <summary>The generator started with this first argument is such a child.</summary>
    public const string Command = "serve-bare";

    /// <summary>The minimal API: HTTP/1.1 on the first port, HTTP/2 without TLS on the second.</summary>
    public static ChildProcess StartApi(int port, int http2Port, int valueSize) =>
        Start("api", port, http2Port, valueSize);

    /// <summary>YARP on the first port, in front of the HTTP/2 port of the API.</summary>
    public static ChildProcess StartProxy(int port, int upstreamPort) => Start("proxy", port, upstreamPort, 0);

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var port = int.Parse(args[2], CultureInfo.InvariantCulture);
        var otherPort = int.Parse(args[3], CultureInfo.InvariantCulture);
        var valueSize = int.Parse(args[4], CultureInfo.InvariantCulture);
        await using var app = args[1] == "api" ? BuildApi(port, otherPort, valueSize) : BuildProxy(port, otherPort);
        await app.StartAsync();

        // The pipe from the generator closes when it ends, however it ends.
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
        return 0;
    }

    private static ChildProcess Start(string kind, int port, int otherPort, int valueSize) => ChildProcess.Start(
        Path.Combine(AppContext.BaseDirectory, "Cloudkeeper.LoadGenerator"),
        [
            Command,
            kind,
            port.ToString(CultureInfo.InvariantCulture),
            otherPort.ToString(CultureInfo.InvariantCulture),
            valueSize.ToString(CultureInfo.InvariantCulture),
        ],
        "/dev/null");

    private static WebApplication BuildApi(int port, int http2Port, int valueSize)
    {
        var builder = CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, http2Port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var value = new byte[valueSize];
        app.MapGet("/v1/nodes/{**path}", (string path) => Results.Bytes(value, "application/octet-stream"));
        app.MapPut("/v1/nodes/{**path}", ReceiveAsync);
        return app;
    }

    /// <summary>Reads the value and answers with as much JSON as a write would.</summary>
    private static async Task<IResult> ReceiveAsync(string path, HttpRequest request)
    {
        var length = 0;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync();
            length += (int)read.Buffer.Length;
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return Results.Ok(new { path, contentType = "application/octet-stream", dataLength = length });
            }
        }
    }

    private static WebApplication BuildProxy(int port, int upstreamPort)
    {
        var builder = CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "api", Match = new RouteMatch { Path = "/{**any}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "api",
                    HttpRequest = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
                    Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal)
                    {
                        ["api"] = new() { Address = $"http://127.0.0.1:{upstreamPort}/" },
                    },
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy();
        return app;
    }

    private static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        return builder;
    }
}
