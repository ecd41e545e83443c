using System.Collections.Frozen;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// Which parameters of the contract have a meaning on one route, by its description: metadata of the endpoint, and the
/// same table that the OpenAPI document is made of.
/// </summary>
internal sealed class ParameterTable
{
    private readonly FrozenDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _byName;

    public ParameterTable(RouteDescription route)
    {
        var entries = route.Parameters.Where(static parameter => parameter.Place == ParameterPlace.Query)
            .Select(static (parameter, index) => new Entry(parameter, parameter.MayRepeat ? 0 : 1UL << index))
            .ToFrozenDictionary(static entry => entry.Parameter.Name, StringComparer.Ordinal);
        _byName = entries.GetAlternateLookup<ReadOnlySpan<char>>();
        TakesConditions = HasHeader(route, "If-Match");
        TakesFences = HasHeader(route, ResponseHeaders.Fence);
    }

    /// <summary>Whether the route judges <c>If-Match</c> and its like.</summary>
    public bool TakesConditions { get; }

    /// <summary>Whether the route judges <c>Cloudkeeper-Fence</c>.</summary>
    public bool TakesFences { get; }

    /// <exception cref="ProblemException">
    /// <c>invalid-parameter</c>: a parameter of the contract that means nothing here, or is given more than once.
    /// </exception>
    public void Check(RequestQuery query)
    {
        var given = 0UL;
        foreach (var name in query.Names)
        {
            if (!_byName.TryGetValue(name, out var entry))
            {
                if (KnownParameters.Contains(name))
                {
                    throw RequestQuery.Invalid(name.ToString(), "means nothing here");
                }

                continue;
            }

            if ((given & entry.Bit) != 0)
            {
                throw RequestQuery.Invalid(entry.Parameter.Name, "is given more than once");
            }

            given |= entry.Bit;
            if (entry.Parameter.Only is { } only && !only.Holds(query))
            {
                throw RequestQuery.Invalid(entry.Parameter.Name, $"means nothing without {only}");
            }
        }
    }

    private static bool HasHeader(RouteDescription route, string name) =>
        route.Parameters.Any(parameter => parameter.Place == ParameterPlace.Header && parameter.Name == name);

    /// <param name="Bit">By which a second one of the name is recognised; 0: it may be repeated.</param>
    private readonly record struct Entry(ParameterDescription Parameter, ulong Bit);
}
