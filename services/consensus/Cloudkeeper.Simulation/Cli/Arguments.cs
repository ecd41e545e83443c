using System.Diagnostics.CodeAnalysis;

namespace Cloudkeeper.Simulation.Cli;

/// <summary>Goes through arguments, which are flags and options with a value each, up to the first one that is wrong.</summary>
internal static class Arguments
{
    /// <param name="withFlag">The command with this flag; null: it is no flag.</param>
    /// <param name="withOption">The command with this option, or a problem.</param>
    public static bool TryRead<T>(
        IReadOnlyList<string> args, ref T command, Func<T, string, T?> withFlag, OptionReader<T> withOption,
        [NotNullWhen(false)] out string? problem)
        where T : class
    {
        problem = null;
        for (var i = 0; i < args.Count && problem is null; i++)
        {
            command = withFlag(command, args[i])
                ?? withOption(command, args[i], i + 1 < args.Count ? args[++i] : "", out problem);
        }

        return problem is null;
    }
}

/// <param name="value">Empty where the arguments end.</param>
internal delegate T OptionReader<T>(T command, string option, string value, out string? problem);
