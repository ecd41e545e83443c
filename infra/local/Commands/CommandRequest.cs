using System.Text.Json.Serialization;

namespace Cloudkeeper.Local.Commands;

/// <summary>What a second terminal asks of the cluster that runs.</summary>
internal sealed record CommandRequest(string Verb, IReadOnlyList<string> Arguments)
{
    /// <summary>Each with what it takes; the first of two numbers is the least, the second the most.</summary>
    private static readonly Dictionary<string, (int Min, int Max, string Takes)> Verbs = new(StringComparer.Ordinal)
    {
        ["add"] = (1, 1, "'node' or 'gateway'"),
        ["remove"] = (1, 99, "the names of nodes or gateways, as status shows them"),
        ["replace"] = (1, 1, "the name of a node, as status shows it"),
        ["transfer"] = (0, 1, "the name of a node, or nothing"),
        ["status"] = (0, 0, "nothing"),
        ["backup"] = (1, 1, "a file that does not exist yet"),
    };

    /// <summary>A command line whose first word is no option.</summary>
    public static bool IsMeant(IReadOnlyList<string> args) => args.Count > 0 && !args[0].StartsWith('-');

    /// <exception cref="FormatException">Says what is wrong, and what would be right.</exception>
    public static (CommandRequest Request, LocalOptions Options) Parse(IReadOnlyList<string> args)
    {
        var words = args.TakeWhile(arg => !arg.StartsWith('-')).ToList();
        var options = LocalOptions.Parse(args.Skip(words.Count));
        var (verb, arguments) = (words[0], words.Skip(1).ToList());
        if (!Verbs.TryGetValue(verb, out var rule))
        {
            throw new FormatException($"There is no command {verb}. --help shows which there are.");
        }

        if (arguments.Count < rule.Min || arguments.Count > rule.Max || (verb == "add" && arguments[0] is not ("node" or "gateway")))
        {
            throw new FormatException($"{verb} takes {rule.Takes}.");
        }

        // The cluster runs elsewhere, in another working directory.
        return (new CommandRequest(verb, verb == "backup" ? [Path.GetFullPath(arguments[0])] : arguments), options);
    }

    public override string ToString() => string.Join(' ', [Verb, .. Arguments]);
}

[JsonSerializable(typeof(CommandRequest))]
internal sealed partial class CommandJson : JsonSerializerContext;
