using System.Globalization;

namespace Cloudkeeper.LoadGenerator;

/// <summary>Reads the command line and reports everything that is wrong with it at once.</summary>
internal static class CommandLine
{
    private static readonly string[] Commands = ["run", "baseline", "compare", "check", "watch"];

    public static bool TryParse(
        IReadOnlyList<string> args, out string command, out LoadOptions options, out IReadOnlyList<string> errors)
    {
        var hasCommand = args.Count > 0 && Commands.Contains(args[0], StringComparer.Ordinal);
        command = hasCommand ? args[0] : "run";
        var parser = new Parser(command);
        parser.ReadAll(args, hasCommand ? 1 : 0);
        options = parser.Options;
        errors = parser.Errors;
        return errors.Count == 0;
    }

    private sealed class Parser(string command)
    {
        public List<string> Errors { get; } = [];

        public LoadOptions Options { get; private set; } = command switch
        {
            "run" => new LoadOptions { Connections = [1, 16, 64, 256] },
            "check" => new LoadOptions { Connections = [32], Keys = 100 },
            "watch" => new LoadOptions { Duration = TimeSpan.FromSeconds(20), Watchers = 10_000 },
            "compare" => new LoadOptions { Rounds = 3, Operations = [Operation.Write] },
            _ => new LoadOptions { Rounds = 3, Operations = [Operation.Read, Operation.Write] },
        };

        public void ReadAll(IReadOnlyList<string> args, int start)
        {
            for (var i = start; i < args.Count; i++)
            {
                var split = args[i].Split('=', 2);
                if (!split[0].StartsWith("--", StringComparison.Ordinal))
                {
                    Errors.Add($"{args[i]}: not an option.");
                }
                else if (split.Length == 2)
                {
                    Apply(split[0], split[1]);
                }
                else if (i + 1 < args.Count)
                {
                    Apply(split[0], args[++i]);
                }
                else
                {
                    Errors.Add($"{args[i]}: a value is missing.");
                }
            }

            if (command is "run" or "check" or "watch" && Options.Targets.Count == 0)
            {
                Errors.Add("--target: at least one is needed.");
            }
        }

        private void Apply(string name, string value) => Options = name switch
        {
            "--target" => Options with { Targets = [.. Options.Targets, ReadTarget(value)] },
            "--operations" => Options with { Operations = ReadList(name, value, ReadOperation) },
            "--connections" => Options with { Connections = ReadList(name, value, ReadCount(10_000)) },
            "--duration" => Options with { Duration = ReadDuration(name, value, TimeSpan.FromMilliseconds(100)) },
            "--warmup" => Options with { Warmup = ReadDuration(name, value, TimeSpan.Zero) },
            "--rounds" => Options with { Rounds = ReadCount(100)(name, value) },
            "--value-size" => Options with { ValueSize = ReadCount(1 << 20)(name, value) },
            "--keys" => Options with { Keys = ReadCount(10_000_000)(name, value) },
            "--watchers" => Options with { Watchers = ReadCount(1_000_000)(name, value) },
            "--paths" => Options with { Paths = ReadCount(1_000_000)(name, value) },
            "--streams" => Options with { Streams = ReadCount(1_000)(name, value) },
            "--rate" => Options with { Rate = ReadCount(100_000)(name, value) },
            "--processes" => Options with { Processes = ReadProcesses(name, value) },
            "--reads" => Options with { Reads = ReadCount(1_000_000_000)(name, value) },
            "--events" => Options with { Events = ReadCount(1_000_000_000)(name, value) },
            "--writers" => Options with { Writers = ReadCount(10_000)(name, value) },
            "--json" => Options with { JsonFile = value },
            _ => Reject(Options, $"{name}: no such option."),
        };

        private Target ReadTarget(string value)
        {
            var separator = value.IndexOf("=http", StringComparison.Ordinal);
            var text = separator < 0 ? value : value[(separator + 1)..];
            if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttp)
            {
                return Reject(new Target(value, new Uri("http://invalid")), $"--target {value}: not an http:// address.");
            }

            return new Target(separator < 0 ? address.Authority : value[..separator], address);
        }

        private Operation ReadOperation(string name, string value) =>
            Enum.TryParse<Operation>(value, ignoreCase: true, out var operation) && !char.IsAsciiDigit(value[0])
                ? operation
                : Reject(Operation.Write, $"{name}: {value} is none of write, read, stale, mix90.");

        private Func<string, string, int> ReadCount(int limit) => (name, value) =>
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1 && count <= limit
                ? count
                : Reject(1, $"{name}: {value} is not a number from 1 to {limit}.");

        private TimeSpan ReadDuration(string name, string value, TimeSpan least) =>
            Durations.TryParse(value, out var duration) && duration >= least && duration <= TimeSpan.FromHours(1)
                ? duration
                : Reject(least, $"{name}: {value} is not a time from {least.TotalMilliseconds} ms to 1h, like 500ms, 5s, 1m.");

        private Dictionary<string, int> ReadProcesses(string name, string value)
        {
            var processes = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var pair in value.Split(','))
            {
                var split = pair.Split('=', 2);
                if (split.Length != 2 || !int.TryParse(split[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                {
                    Errors.Add($"{name}: {pair} is not NAME=PID.");
                }
                else if (!processes.TryAdd(split[0], id))
                {
                    Errors.Add($"{name}: {split[0]} is named twice.");
                }
            }

            return processes;
        }

        private static List<T> ReadList<T>(string name, string value, Func<string, string, T> read) =>
            [.. value.Split(',').Select(item => read(name, item))];

        private T Reject<T>(T fallback, string error)
        {
            Errors.Add(error);
            return fallback;
        }
    }
}
