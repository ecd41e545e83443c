using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;

namespace Cloudkeeper.Gateway.OpenApi;

/// <summary>The description of a route in the OpenAPI document: metadata of its endpoint.</summary>
/// <param name="Group">Headline under which it appears.</param>
/// <param name="Summary">One line.</param>
internal sealed record RouteDescription(string Group, string Summary)
{
    public IReadOnlyList<ParameterDescription> Parameters { get; init; } = [];

    /// <summary>The answer goes on for as long as its client wants: its duration means nothing.</summary>
    public bool IsStream { get; init; }

    /// <summary>Type of the JSON body; null: none, or bytes.</summary>
    public Type? Body { get; init; }

    /// <summary>The body is the value, of any media type.</summary>
    public bool HasBytes { get; init; }

    public IReadOnlyList<AnswerDescription> Answers { get; init; } = [];

    /// <summary>Refusals of this route besides those that any route can give.</summary>
    public IReadOnlyList<ErrorKind> Problems { get; init; } = [];
}

/// <param name="Type">Of its JSON; null: see <paramref name="MediaType"/>, or no body.</param>
internal sealed record AnswerDescription(int Status, string Description, Type? Type = null, string? MediaType = null);

internal sealed record ParameterDescription(string Name, ParameterPlace Place, string Description, bool IsRequired = false)
{
    /// <summary>It may be given several times.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>The parameter beside which it has a meaning; null: always.</summary>
    public ParameterCondition? Only { get; init; }

    public static ParameterDescription Query(string name, string description) =>
        new(name, ParameterPlace.Query, description);

    public static ParameterDescription Header(string name, string description) =>
        new(name, ParameterPlace.Header, description);

    public static ParameterDescription Path(string name, string description) =>
        new(name, ParameterPlace.Path, description, IsRequired: true);
}

/// <summary>Another query parameter of the same request.</summary>
/// <param name="Values">One of these; null stands for its absence. None: any value.</param>
internal sealed record ParameterCondition(string Name, params IReadOnlyList<string?> Values)
{
    public bool Holds(RequestQuery query)
    {
        var given = query.Text(Name);
        return Values.Count == 0 ? given is not null : Values.Contains(given, StringComparer.Ordinal);
    }

    public override string ToString() => Values.Count == 0
        ? $"'{Name}'"
        : string.Join(" or ", Values.Where(static value => value is not null).Select(value => $"{Name}={value}")
            .Concat(Values.Contains(null, StringComparer.Ordinal) ? [$"leaving '{Name}' out"] : []));
}

internal enum ParameterPlace
{
    Path,
    Query,
    Header,
}
