namespace Cloudkeeper.Cluster.Tests.Histories;

/// <summary>A valid history from a seed: clients whose operations overlap, against a correct store in memory.</summary>
internal sealed class RandomHistory
{
    private const int Clients = 6;
    private const int Paths = 3;
    private readonly Random _random;
    private readonly Dictionary<string, Change> _nodes = new(StringComparer.Ordinal);
    private readonly Operation?[] _underWay = new Operation?[Clients];
    private readonly bool[] _applied = new bool[Clients];
    private long _now;
    private int _serial;

    public RandomHistory(int seed, int steps)
    {
        _random = new Random(seed);
        for (var i = 0; i < steps; i++)
        {
            Step(_random.Next(Clients));
        }

        // A client that is still waiting learns the outcome, so that the history has no loose ends.
        for (var client = 0; client < Clients; client++)
        {
            while (_underWay[client] is not null)
            {
                Step(client);
            }
        }
    }

    public List<Operation> Operations { get; } = [];

    public List<Change> Changes { get; } = [];

    private long Revision => Changes.Count == 0 ? 0 : Changes[^1].Revision;

    /// <summary>A client asks, is served, is answered: three steps, any others' in between.</summary>
    private void Step(int client)
    {
        _now++;
        if (_underWay[client] is not { } operation)
        {
            _underWay[client] = Ask(client);
            _applied[client] = false;
        }
        else if (!_applied[client])
        {
            _underWay[client] = Apply(operation);
            _applied[client] = true;
        }
        else
        {
            Operations.Add(operation with { Return = _now });
            _underWay[client] = null;
        }
    }

    private Operation Ask(int client)
    {
        var path = $"/{_random.Next(Paths)}";
        var kind = (OperationKind)_random.Next(6);
        return new Operation
        {
            Client = client,
            Serial = ++_serial,
            Kind = kind,
            Path = path,
            Invoke = _now,
            Return = long.MaxValue,
            Outcome = Outcome.Unknown,
            Value = kind is OperationKind.Put or OperationKind.Create or OperationKind.Replace ? $"v{_serial}" : null,
            ExpectedRevision = kind == OperationKind.Replace ? _nodes.GetValueOrDefault(path)?.Revision ?? 0 : 0,
        };
    }

    private Operation Apply(Operation operation)
    {
        var node = _nodes.GetValueOrDefault(operation.Path);
        var holds = operation.Kind switch
        {
            OperationKind.Create => node is null,
            OperationKind.Replace => node?.Revision == operation.ExpectedRevision,
            OperationKind.Delete => node is not null,
            _ => true,
        };
        if (operation.IsRead || !holds)
        {
            return operation with
            {
                Outcome = holds ? Outcome.Ok : Outcome.Refused,
                Revision = Revision,
                Value = operation.IsRead ? node?.Value : operation.Value,
            };
        }

        var change = new Change(Revision + 1 + _random.Next(2), operation.Path, operation.Value);
        Changes.Add(change);
        _nodes.Remove(operation.Path);
        if (operation.Kind != OperationKind.Delete)
        {
            _nodes[operation.Path] = change;
        }

        return operation with { Outcome = Outcome.Ok, Revision = change.Revision };
    }
}
