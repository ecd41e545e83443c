using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Hosting.Tests;

public sealed class CloudkeeperRunTests
{
    [Fact(Timeout = 30_000)]
    public async Task Settings_that_cannot_work_end_the_process_with_a_code_of_their_own() =>
        Assert.Equal(78, await CloudkeeperRun.RunAsync(() => Create("--Hosting:DrainTime=05:00:00")));

    [Fact(Timeout = 30_000)]
    public async Task A_port_that_is_taken_ends_the_process()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        Assert.Equal(1, await CloudkeeperRun.RunAsync(() => Create("--urls", $"http://{listener.LocalEndpoint}")));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_process_that_is_asked_to_stop_ends_well() =>
        Assert.Equal(0, await CloudkeeperRun.RunAsync(() =>
        {
            var app = Create("--urls", "http://127.0.0.1:0");
            app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);
            return app;
        }));

    [Fact(Timeout = 30_000)]
    public async Task A_process_that_is_asked_to_stop_before_it_is_up_ends_well() =>
        Assert.Equal(0, await CloudkeeperRun.RunAsync(() =>
        {
            var app = Create("--urls", "http://127.0.0.1:0");
            app.Lifetime.StopApplication();
            return app;
        }));

    private static WebApplication Create(params string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddCloudkeeperHosting("test");
        builder.Logging.ClearProviders();
        return builder.Build();
    }
}
