using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.OpenApi;

/// <summary>What the OpenAPI document says of a route: metadata of its endpoint.</summary>
/// <param name="Group">Headline under which it appears.</param>
/// <param name="Summary">One line.</param>
internal sealed record RouteDescription(string Group, string Summary)
{
    public IReadOnlyList<ParameterDescription> Parameters { get; init; } = [];

    /// <summary>The answer goes on for as long as its client wants: how long it took says nothing.</summary>
    public bool IsStream { get; init; }

    /// <summary>Type of the JSON body; null: none, or bytes.</summary>
    public Type? Body { get; init; }

    /// <summary>The body is the value, of any media type.</summary>
    public bool HasBytes { get; init; }

    public IReadOnlyList<AnswerDescription> Answers { get; init; } = [];

    /// <summary>Refusals of this route besides those that any route can give.</summary>
    public IReadOnlyList<ErrorKind> Problems { get; init; } = [];
}

/// <param name="Type">Of its JSON; null: as <paramref name="MediaType"/> says, or no body.</param>
internal sealed record AnswerDescription(int Status, string Description, Type? Type = null, string? MediaType = null);

internal sealed record ParameterDescription(string Name, ParameterPlace Place, string Description, bool IsRequired = false)
{
    public static ParameterDescription Query(string name, string description) =>
        new(name, ParameterPlace.Query, description);

    public static ParameterDescription Header(string name, string description) =>
        new(name, ParameterPlace.Header, description);

    public static ParameterDescription Path(string name, string description) =>
        new(name, ParameterPlace.Path, description, IsRequired: true);
}

internal enum ParameterPlace
{
    Path,
    Query,
    Header,
}
