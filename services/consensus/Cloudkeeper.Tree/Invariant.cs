using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Cloudkeeper.Tree;

/// <summary>Assertions that stay on in production: stopping beats continuing with corrupt state.</summary>
internal static class Invariant
{
    /// <summary>Fails the replica when <paramref name="condition"/> is false.</summary>
    public static void Require(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
        {
            Fail(expression);
        }
    }

    /// <summary>The end of a switch that covers every case there is.</summary>
    public static InvariantViolationException Unreachable(object value) => new($"Not expected: {value}.");

    [DoesNotReturn]
    private static void Fail(string expression) => throw new InvariantViolationException(expression);
}
