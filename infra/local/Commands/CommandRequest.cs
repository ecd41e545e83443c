using System.Text.Json;
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

    /// <exception cref="FormatException">States what is wrong, and what would be right.</exception>
    public static (CommandRequest Request, LocalOptions Options) Parse(IReadOnlyList<string> args)
    {
        var words = args.TakeWhile(arg => !arg.StartsWith('-')).ToList();
        var options = LocalOptions.Parse(args.Skip(words.Count));
        var request = new CommandRequest(words[0], [.. words.Skip(1)]);
        if (request.Problem is { } problem)
        {
            throw new FormatException(problem);
        }

        // The cluster runs elsewhere, in another working directory.
        return (request.Verb == "backup" ? request with { Arguments = [Path.GetFullPath(request.Arguments[0])] } : request, options);
    }

    /// <summary>One line, as it comes through the socket.</summary>
    /// <exception cref="FormatException">That is no command; states why.</exception>
    public static CommandRequest Read(ReadOnlySpan<byte> line)
    {
        try
        {
            var request = JsonSerializer.Deserialize(line, CommandJson.Default.CommandRequest)
                ?? throw new FormatException("That is no command.");
            return request.Problem is { } problem ? throw new FormatException(problem) : request;
        }
        catch (JsonException e)
        {
            throw new FormatException($"That is no command: {e.Message}", e);
        }
    }

    /// <summary>Why it cannot be done with any cluster; null: perhaps it can.</summary>
    private string? Problem =>
        !Verbs.TryGetValue(Verb, out var rule) ? $"There is no command {Verb}. --help shows which there are."
        : Arguments.Count < rule.Min || Arguments.Count > rule.Max || Arguments.Any(argument => argument is null)
            || (Verb == "add" && Arguments[0] is not ("node" or "gateway"))
            ? $"{Verb} takes {rule.Takes}."
        : null;

    public override string ToString() => string.Join(' ', [Verb, .. Arguments]);
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CommandRequest))]
internal sealed partial class CommandJson : JsonSerializerContext;
