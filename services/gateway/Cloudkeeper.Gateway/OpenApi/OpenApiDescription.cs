using System.Globalization;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Hosting.Guard;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Cloudkeeper.Gateway.OpenApi;

/// <summary>Makes the OpenAPI document of the routes and their descriptions.</summary>
internal static class OpenApiDescription
{
    public const string Route = "/openapi/{documentName}.json";

    private const string DocumentName = "v1";
    private const string Json = "application/json";
    private const string Anything = "*/*";

    /// <summary>The refusals of every route.</summary>
    private static readonly ErrorKind[] Everywhere =
    [
        ErrorKinds.InvalidParameter, ErrorKinds.CrossOrigin, ErrorKinds.RequestTimeout, ErrorKinds.ExpectationFailed,
        ErrorKinds.MisdirectedHost, ErrorKinds.HeadersTooLarge, ErrorKinds.InternalError, ErrorKinds.NoQuorum,
        ErrorKinds.Overloaded, ErrorKinds.ShuttingDown,
    ];

    /// <summary>The further refusals of every route that may have a body.</summary>
    private static readonly ErrorKind[] Changing =
    [
        ErrorKinds.InvalidBody, ErrorKinds.InvalidCondition, ErrorKinds.InvalidFence, ErrorKinds.UnsupportedMediaType,
    ];

    public static void AddDescribedOpenApi(this IServiceCollection services) =>
        services.AddOpenApi(DocumentName, static options =>
        {
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Cloudkeeper",
                    Version = DocumentName,
                    Description = "A coordination service: a replicated tree of small nodes, sessions, watches and locks.",
                };

                // The server is where the document comes from.
                document.Servers = null;
                OperationsRoutes.AddTo(document);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(static async (operation, context, cancellationToken) =>
            {
                var description = context.Description.ActionDescriptor.EndpointMetadata.OfType<RouteDescription>().Single();
                await new OperationWriter(operation, context).WriteAsync(description, cancellationToken);
            });
        });

    /// <summary>Handlers that take only the context describe nothing by themselves.</summary>
    public static void Describe(
        this IEndpointConventionBuilder endpoint, RequestDelegate handler, RouteDescription description) =>
        endpoint.WithMetadata(handler.Method, description, new ParameterTable(description));

    private sealed class OperationWriter(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        public async Task WriteAsync(RouteDescription description, CancellationToken cancellationToken)
        {
            operation.Summary = description.Summary;
            operation.Tags = new HashSet<OpenApiTagReference> { new(description.Group, context.Document) };
            operation.Parameters = [.. description.Parameters.Select(Parameter)];
            operation.RequestBody = await BodyAsync(description, cancellationToken);
            operation.Responses = [];
            foreach (var answer in description.Answers)
            {
                operation.Responses.Add(Text(answer.Status), await AnswerAsync(answer, cancellationToken));
            }

            var problem = await SchemaAsync(typeof(Answers.Problem), cancellationToken);
            var further = HttpMethods.IsGet(context.Description.HttpMethod!) ? Everywhere : [.. Everywhere, .. Changing];
            foreach (var problems in description.Problems.Concat(further).Distinct().GroupBy(kind => kind.Status)
                .OrderBy(problems => problems.Key))
            {
                operation.Responses.Add(Text(problems.Key), new OpenApiResponse
                {
                    Description = string.Join(", ", problems.Select(kind => kind.Code).Order(StringComparer.Ordinal)),
                    Content = Content(ProblemDocument.ContentType, problem),
                });
            }
        }

        private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

        private static Dictionary<string, OpenApiMediaType> Content(string mediaType, IOpenApiSchema? schema) =>
            new(StringComparer.Ordinal) { [mediaType] = new OpenApiMediaType { Schema = schema } };

        private static OpenApiParameter Parameter(ParameterDescription parameter) => new()
        {
            Name = parameter.Name,
            In = parameter.Place switch
            {
                ParameterPlace.Path => ParameterLocation.Path,
                ParameterPlace.Query => ParameterLocation.Query,
                _ => ParameterLocation.Header,
            },
            Description = parameter.Description,
            Required = parameter.IsRequired,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };

        private async Task<OpenApiRequestBody?> BodyAsync(RouteDescription description, CancellationToken cancellationToken)
        {
            if (description.HasBytes)
            {
                var bytes = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
                return new OpenApiRequestBody { Description = "The value.", Content = Content(Anything, bytes) };
            }

            return description.Body is { } type
                ? new OpenApiRequestBody { Content = Content(Json, await SchemaAsync(type, cancellationToken)) }
                : null;
        }

        private async Task<OpenApiResponse> AnswerAsync(AnswerDescription answer, CancellationToken cancellationToken)
        {
            var response = new OpenApiResponse { Description = answer.Description };
            if (answer.Type is { } type)
            {
                response.Content = Content(Json, await SchemaAsync(type, cancellationToken));
            }
            else if (answer.MediaType is { } mediaType)
            {
                response.Content = Content(mediaType, new OpenApiSchema { Type = JsonSchemaType.String });
            }

            return response;
        }

        /// <summary>A reference: each shape stands once in the document.</summary>
        private async Task<IOpenApiSchema> SchemaAsync(Type type, CancellationToken cancellationToken)
        {
            var document = context.Document!;
            if (document.Components?.Schemas?.ContainsKey(type.Name) is not true)
            {
                var schema = await context.GetOrCreateSchemaAsync(type, cancellationToken: cancellationToken);
                document.AddComponent(type.Name, schema);
            }

            return new OpenApiSchemaReference(type.Name, document);
        }
    }
}
