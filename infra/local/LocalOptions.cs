using System.Globalization;

namespace Cloudkeeper.Local;

/// <summary>What to start, from the command line.</summary>
internal sealed record LocalOptions
{
    public const string Usage = """
        Starts a Cloudkeeper cluster on this machine: nodes, gateways and the proxy, on loopback.

          dotnet run --project infra/local -- [options]

          --nodes N        consensus nodes, 1 to 9 (default 3)
          --gateways N     gateways, 1 to 99 (default 2)
          --port P         port of the proxy, which clients talk to (default 8080)
          --base-port P    node n listens on P + n, gateway n on P + 100 + n (default 7000)
          --data DIR       where the nodes keep their data and the logs go (default ./data); never deleted
          --from FILE      begin a new cluster with what a backup holds; the data directory must be new
          --no-build       use what was built before
          --help           this text

        While it runs, in another terminal:

          dotnet run --project infra/local -- COMMAND [--data DIR]

          add node         start another node, which joins, catches up and votes
          add gateway      start another gateway
          remove NAME...   take nodes (several of them in one step) or gateways out
          replace NAME     a new node in the place of one that is dead or has lost its disk
          transfer [NAME]  make a node the leader, the best one without a name
          status           the nodes and gateways, and their state
          backup FILE      write a consistent copy of the whole tree, while writes go on
        """;

    /// <summary>The options that were given, so that what is remembered is not overruled by a default.</summary>
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    public int Nodes { get; init; } = 3;

    public int Gateways { get; init; } = 2;

    public int Port { get; init; } = 8080;

    public int BasePort { get; init; } = 7000;

    /// <summary>An absolute path.</summary>
    public string Data { get; init; } = Path.GetFullPath("data");

    /// <summary>A backup, by its absolute path; null: begin empty, or go on.</summary>
    public string? From { get; init; }

    public bool Build { get; init; } = true;

    public bool Help { get; init; }

    public bool IsGiven(string option) => _given.Contains(option);

    /// <exception cref="FormatException">Names the option that is wrong, and what it takes.</exception>
    public static LocalOptions Parse(IEnumerable<string> args)
    {
        var options = new LocalOptions();
        var rest = new Queue<string>(args.SelectMany(SplitValue));
        while (rest.TryDequeue(out var name))
        {
            options._given.Add(name);
            options = name switch
            {
                "--nodes" => options with { Nodes = Number(name, rest, 1, 9) },
                "--gateways" => options with { Gateways = Number(name, rest, 1, 99) },
                "--port" => options with { Port = Number(name, rest, 1, 65535) },
                "--base-port" => options with { BasePort = Number(name, rest, 1, 65000) },
                "--data" => options with { Data = Path.GetFullPath(Value(name, rest)) },
                "--from" => options with { From = Path.GetFullPath(Value(name, rest)) },
                "--no-build" => options with { Build = false },
                "--help" or "-h" => options with { Help = true },
                _ => throw new FormatException($"There is no option {name}. --help shows which there are."),
            };
        }

        return options;
    }

    /// <summary>Both <c>--port 8080</c> and <c>--port=8080</c>.</summary>
    private static string[] SplitValue(string argument) =>
        argument.StartsWith("--", StringComparison.Ordinal) ? argument.Split('=', 2) : [argument];

    private static string Value(string name, Queue<string> rest) =>
        rest.TryDequeue(out var value) ? value : throw new FormatException($"{name} needs a value.");

    private static int Number(string name, Queue<string> rest, int min, int max)
    {
        var value = Value(name, rest);
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new FormatException($"{name} takes a number from {min} to {max}, not '{value}'.");
    }
}
