using System.Globalization;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants.Linearizability;

namespace Cloudkeeper.Simulation.Tests.Linearizability;

/// <summary>Histories of one register that holds a number, 0 at first, with the verdict of a dumb twin.</summary>
internal static class RegisterHistory
{
    public const int TriesMax = 1_000_000;

    public static Verdict Judge(IEnumerable<RegisterCall> calls) =>
        LinearizabilityChecker<int>.Check([.. calls.Select(c => c.ToStep())], 0, TriesMax);

    /// <summary>Tries every order that real time allows.</summary>
    public static bool HasOrder(IReadOnlyList<RegisterCall> left, int value = 0) =>
        left.Count == 0 || left.Any(c =>
            left.All(other => other == c || c.Invoked <= other.Returned)
            && c.Apply(value) is { } next
            && HasOrder([.. left.Where(other => other != c)], next));

    /// <summary>E.g. <c>w1[0,10] r1[5,15] c12[20,30]</c>: writes 1, reads 1, sets from 1 to 2; <c>[5,-]</c>: never returned.</summary>
    public static IReadOnlyList<RegisterCall> Parse(string text) => [.. text.Split(' ').Select(static (word, i) =>
    {
        var times = word[(word.IndexOf('[', StringComparison.Ordinal) + 1)..^1].Split(',');
        return new RegisterCall(
            i,
            word[0],
            Digit(word[1]),
            word[0] == 'c' ? Digit(word[2]) : 0,
            long.Parse(times[0], CultureInfo.InvariantCulture),
            times[1] == "-" ? long.MaxValue : long.Parse(times[1], CultureInfo.InvariantCulture));
    })];

    /// <summary>A history that some order explains: each call takes effect at a moment between its ends.</summary>
    public static List<RegisterCall> Valid(SimulationRandom random, int count)
    {
        var value = 0;
        var written = 0;
        var calls = new List<RegisterCall>(count);
        for (var i = 0; i < count; i++)
        {
            var moment = 100L * (i + 1);
            var (invoked, returned) = (moment - random.Between(0, 350), moment + random.Between(0, 350));
            if (random.Chance(0.5))
            {
                calls.Add(new RegisterCall(i, 'r', value, 0, invoked, returned));
                continue;
            }

            // Each value is written once: the value of a read shows which write it has seen.
            var next = ++written;
            calls.Add(random.Chance(0.3)
                ? new RegisterCall(i, 'c', value, next, invoked, returned)
                : new RegisterCall(i, 'w', next, 0, invoked, returned));
            value = next;
        }

        return calls;
    }

    private static int Digit(char c) => c - '0';
}

/// <param name="Kind">w: writes A. r: reads A. c: finds A and writes B.</param>
internal sealed record RegisterCall(int Number, char Kind, int A, int B, long Invoked, long Returned)
{
    public int? Apply(int value) => Kind switch
    {
        'w' => A,
        'c' => value == A ? B : null,
        _ => value == A ? value : null,
    };

    public TimedStep<int> ToStep() => new(Invoked, Returned, Apply, this);
}
