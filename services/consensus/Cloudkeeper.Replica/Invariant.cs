using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica;

/// <summary>Assertions that stay on in production: stopping beats continuing with corrupt state.</summary>
internal static class Invariant
{
    public static void Require(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
        {
            throw new InvariantViolationException(expression);
        }
    }
}
