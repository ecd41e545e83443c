using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>Draws the clients' requests. Few paths: clients are to meet each other.</summary>
internal sealed class Requests(SimulationRandom random, SimulationOptions options)
{
    private const string Text = "text/plain";
    private const int PageMax = 10_000;

    /// <summary>Longest TTL of a node.</summary>
    public const int TtlMillisecondsMax = 4_000;

    public Command Put() => new MutationCommand(new WriteOperation(Key(), Value(), Text, Parents: true));

    /// <param name="seen">A revision that the client knows: sometimes right.</param>
    public Command Conditional(Revision seen) => new MutationCommand(random.Next(4) switch
    {
        0 => new WriteOperation(Key(), Value(), Text, WriteMode.Create, Parents: true),
        1 => new WriteOperation(Key(), Value(), Text, WriteMode.Set, IfVersion: random.Next(-1, 5)),
        2 => new WriteOperation(Key(), Value(), Text, WriteMode.Set, IfRevision: Near(seen)),
        _ => new DeleteOperation(Key(), IfRevision: Near(seen)),
    });

    public Command Delete() => new MutationCommand(new DeleteOperation(Key()));

    public Command Sequential() => new MutationCommand(
        new CreateSequentialOperation("/sequence", random.Chance(0.5) ? "item-" : "", Value(), Text, Parents: true));

    public Command Add() =>
        new MutationCommand(new AddOperation($"/counter{random.Next(3)}", random.Between(-5, 10)));

    public Command Ephemeral(SessionId session) => new MutationCommand(random.Chance(0.7)
        ? new WriteOperation(
            $"/ephemeral/{random.Next(options.Keys)}",
            Value(),
            Text,
            WriteMode.Create,
            NodeKind.Ephemeral,
            KindGiven: true,
            session,
            Parents: true)
        : new CreateSequentialOperation(
            "/members", "member-", Value(), Text, NodeKind.Ephemeral, session, Parents: true));

    /// <summary>As a gateway does it; few names, so that one takes the place of another.</summary>
    public Command Register(SessionId session) => new RegisterGatewayCommand(
        new GatewayEntry($"g{random.Next(options.Keys)}", $"http://10.0.0.{random.Between(1, 5)}:7100", session));

    public Command Transaction(Revision seen)
    {
        var conditions = random.Chance(0.5)
            ? [new Condition(Key(), Exists: random.Chance(0.5))]
            : new Condition[] { new(Key(), Revision: Near(seen)) };
        return new TransactionCommand(conditions, Operations(), Operations());
    }

    /// <summary>Subtrees that grow and are cut, alone and several at once, and nodes that go by themselves.</summary>
    public Command Garden() => random.Next(6) switch
    {
        0 or 1 => new MutationCommand(new WriteOperation(
            $"/garden/ttl{random.Next(3)}",
            Value(),
            Text,
            Kind: NodeKind.Ttl,
            KindGiven: true,
            TtlMilliseconds: random.Between(300, TtlMillisecondsMax),
            Parents: true)),
        2 or 3 => new MutationCommand(new WriteOperation(
            Bed() + string.Concat(Enumerable.Range(0, random.Between(1, 5)).Select(_ => $"/{random.Next(3)}")),
            Value(),
            Text,
            Parents: true)),
        4 => new MutationCommand(new DeleteOperation(Bed(), Recursive: true)),
        _ => new TransactionCommand([], [new DeleteOperation("/garden/0", true), new DeleteOperation("/garden/1", true)], []),
    };

    public ReadRequest AnyRead() => random.Next(11) switch
    {
        10 => new ReadNodeRequest(random.Pick(["/", "/keys", "/members", "/ephemeral"]), WithValue: random.Chance(0.5)),
        0 => new ReadChildrenRequest(random.Pick(["/keys", "/sequence", "/members", "/ephemeral"]), "", PageMax, false),
        1 => new ReadNodeRequest($"/counter{random.Next(3)}", WithValue: true),
        2 => new ReadNodeRequest($"/ephemeral/{random.Next(options.Keys)}", WithValue: true),
        _ => new ReadNodeRequest(Key(), WithValue: true),
    };

    private Operation[] Operations()
    {
        var operations = new Operation[random.Between(0, 4)];
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i] = random.Next(4) switch
            {
                0 => new DeleteOperation(Key()),
                1 => new GetOperation(Key()),
                2 => new AddOperation("/transactions", 1),
                _ => new WriteOperation(Key(), Value(), Text, Parents: true),
            };
        }

        return operations;
    }

    private string Bed() => $"/garden/{random.Next(2)}";

    private string Key() => $"/keys/{random.Next(options.Keys)}";

    private Revision Near(Revision seen) => new(Math.Max(0, seen.Value - random.Next(options.Keys)));

    private byte[] Value()
    {
        var value = new byte[random.Chance(0.02) ? random.Logarithmic(200, 20_000) : random.Next(100)];
        random.NextBytes(value);
        return value;
    }
}
