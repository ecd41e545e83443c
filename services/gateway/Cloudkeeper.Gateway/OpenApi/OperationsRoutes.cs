using Microsoft.OpenApi;

namespace Cloudkeeper.Gateway.OpenApi;

/// <summary>The routes that every Cloudkeeper process has, which the framework maps without describing them.</summary>
internal static class OperationsRoutes
{
    private static readonly (string Route, string Summary, string MediaType, string Answer)[] Routes =
    [
        ("/healthz", "Whether the process is up.", "text/plain", "It is."),
        ("/readyz", "Whether it can serve, check by check; 503 if not.", "application/json", "It can."),
        ("/metrics", "Metrics for Prometheus.", "text/plain", "The text format of Prometheus."),
        ("/openapi/v1.json", "This document.", "application/json", "OpenAPI."),
    ];

    public static void AddTo(OpenApiDocument document)
    {
        foreach (var (route, summary, mediaType, answer) in Routes)
        {
            var operation = new OpenApiOperation
            {
                Summary = summary,
                Tags = new HashSet<OpenApiTagReference> { new("Operations", document) },
                Responses = new OpenApiResponses
                {
                    ["200"] = new OpenApiResponse
                    {
                        Description = answer,
                        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                        {
                            [mediaType] = new(),
                        },
                    },
                },
            };
            document.Paths.Add(route, new OpenApiPathItem
            {
                Operations = new Dictionary<HttpMethod, OpenApiOperation> { [HttpMethod.Get] = operation },
            });
        }
    }
}
