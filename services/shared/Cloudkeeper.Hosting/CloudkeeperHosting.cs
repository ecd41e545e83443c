using Cloudkeeper.Hosting.Connections;
using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Hosting.Starting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting;

/// <summary>
/// The common part of node, gateway and proxy: the web server's limits, logs, health, metrics, and an orderly end.
/// </summary>
public static class CloudkeeperHosting
{
    /// <summary>Overridden by every other source: appsettings, environment and flags.</summary>
    private static readonly KeyValuePair<string, string?>[] Defaults =
    [
        new("Logging:LogLevel:Default", "Information"),
        new("Logging:LogLevel:Microsoft", "Warning"),
        new("Logging:LogLevel:System", "Warning"),
        new("Logging:LogLevel:Yarp", "Warning"),
        // Each failed probe of each second; a change of a gateway's health is logged elsewhere, once.
        new("Logging:LogLevel:Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor", "None"),
        new("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Information"),
        // A check that fails is reported in the answer of /readyz, each time.
        new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "None"),
        // Even an unwritten request log makes the server create an Activity for each request, unless it is off
        // altogether. Exceptions that escape a handler are logged by Kestrel itself.
        new("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "None"),
    ];

    /// <summary>
    /// Prepares a process: limits of the web server, one cleartext port for HTTP/1.1 and HTTP/2, one-line logs, health
    /// checks, metrics, graceful shutdown.
    /// </summary>
    /// <param name="builder">The process's composition root.</param>
    /// <param name="service">The process's kind in lower case, for instance <c>gateway</c>.</param>
    public static WebApplicationBuilder AddCloudkeeperHosting(this WebApplicationBuilder builder, string service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(service);

        RunSocketCompletionsInline();
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        builder.Services.AddOptions<HostingOptions>()
            .BindConfiguration(HostingOptions.Section)
            .ValidateDataAnnotations()
            .Validate(
                static hosting => hosting.InFlightBytesMax is 0 or (>= MemoryBudget.BytesMaxLeast and <= 1L << 40),
                "Hosting:InFlightBytesMax is 0 (a quarter of the memory), or between 32 MiB and 1 TiB, in bytes.")
            .ValidateOnStart();

        builder.Services.AddBrowserGuard();
        AddLogging(builder.Logging);
        AddServer(builder);
        AddLifetime(builder);
        builder.Services.AddCloudkeeperMetrics(service);
        AddMemory(builder.Services);
        builder.Services.AddHostedService<CommandLineSecrets>();
        AddStartChecks(builder.Services);
        return builder;
    }

    /// <summary>
    /// Lets the thread that learns of a socket's bytes handle them, instead of waking another one for it: a wake-up
    /// costs more than most of the work on a message here. Nothing may block on such a thread; blocking work goes to
    /// the pool. The runtime takes this setting from the environment only, and reads it with the first socket.
    /// </summary>
    private static void RunSocketCompletionsInline()
    {
        const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddConsole(static console => console.FormatterName = LineFormatter.FormatterName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();

        // The reader of our output may stop reading it. Lines are then lost; requests must not wait for them.
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
    }

    private static void AddServer(WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(Descriptors.OfProcess);
        builder.Services.AddSingleton<SocketTransportFactory>();
        builder.Services.AddSingleton<IConnectionListenerFactory, BoundedTransport>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<HostingOptions>>((kestrel, hosting) =>
        {
            ServerLimits.Apply(kestrel, hosting.Value);
            kestrel.ConfigureEndpointDefaults(listen =>
            {
                var given = hosting.Value.MaxConnectionsPerAddress;
                if (given != 0)
                {
                    var most = given ?? hosting.Value.MaxConnections / 2;
                    listen.Use(new AddressLimit(most, sparesLoopback: given is null).Wrap);
                }

                listen.UseHttp1AndHttp2(kestrel);
            });
        });
    }

    private static void AddStartChecks(IServiceCollection services)
    {
        services.AddSingleton<IStartCheck, DescriptorCheck>();
        services.AddSingleton<IStartCheck, ThreadCheck>();
        services.AddSingleton<IStartCheck, ListeningCheck>();
        services.AddSingleton<IStartCheck, ClockCheck>();
    }

    private static void AddMemory(IServiceCollection services)
    {
        services.TryAddSingleton(static provider =>
            new MemoryBudget(provider.GetRequiredService<IOptions<HostingOptions>>().Value.InFlightBytesMax));
        services.TryAddSingleton<TransferPace>();
        services.TryAddSingleton<BodyPace>();
        services.TryAddSingleton<AnswerPace>();
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, AnswerPaceMiddleware.InFront>());
        services.AddHostedService<MemoryMetrics>();
        services.AddHostedService<IdleMemory>();
    }

    private static void AddLifetime(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.Configuration.GetValue<bool>($"{HostingOptions.Section}:{nameof(HostingOptions.ExitWithParent)}"))
        {
            services.AddSingleton<IHostLifetime, ParentLifetime>();
        }

        services.AddOptions<HostOptions>().Configure<IOptions<HostingOptions>>((host, hosting) =>
            host.ShutdownTimeout = hosting.Value.ShutdownTimeout + hosting.Value.DrainTime);
        services.TryAddSingleton(TimeProvider.System);
        services.AddHostedService<DrainOnShutdown>();
        services.AddSingleton<RunningHealthCheck>();
        services.AddHealthChecks()
            .AddCheck<RunningHealthCheck>("running", HealthStatus.Unhealthy, [CloudkeeperOperations.ReadyTag]);
    }
}
