using System.Text.Json;
using Cloudkeeper.Hosting.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Prometheus;

namespace Cloudkeeper.Hosting;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>, the same on every process.</summary>
public static class CloudkeeperOperations
{
    /// <summary>Health checks with this tag decide <c>/readyz</c>.</summary>
    public const string ReadyTag = "ready";

    /// <summary>Whether the process is up.</summary>
    public const string HealthRoute = "/healthz";

    /// <summary>Whether it can serve.</summary>
    public const string ReadyRoute = "/readyz";

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static IEndpointRouteBuilder MapCloudkeeperOperations(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapMethods(HealthRoute, Reading, static () => "ok").ExcludeFromDescription().OpenToEverybody();
        endpoints.MapHealthChecks(ReadyRoute, new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(ReadyTag),
            ResponseWriter = WriteReadinessAsync,
        }).WithMetadata(new HttpMethodMetadata(Reading)).OpenToEverybody();
        endpoints.MapMetrics("/metrics", endpoints.ServiceProvider.GetRequiredService<CollectorRegistry>())
            .WithMetadata(new HttpMethodMetadata(Reading)).OpenToEverybody();
        return endpoints;
    }

    /// <summary><c>{"status":"ready","checks":{"quorum":{"status":"ok","detail":"…"}}}</c></summary>
    private static async Task WriteReadinessAsync(HttpContext context, HealthReport report)
    {
        context.RequestServices.GetService<ProvenAddress>()?.Answer(context);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status"u8, report.Status == HealthStatus.Unhealthy ? "not-ready" : "ready");
        json.WriteStartObject("checks"u8);
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteStartObject(name);
            json.WriteString("status"u8, Word(entry.Status));
            if (entry.Description is { } detail)
            {
                json.WriteString("detail"u8, detail);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "failed",
    };
}
