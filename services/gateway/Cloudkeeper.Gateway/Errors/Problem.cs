using System.Text.Json;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Errors;

/// <summary>A refusal as the client gets it.</summary>
/// <param name="Detail">Null: that of the kind.</param>
/// <param name="Revision">At which it was judged, where the state was looked at.</param>
/// <param name="WriteMembers">Adds further members to the document, for instance <c>stat</c>.</param>
internal sealed record Problem(
    ErrorKind Kind,
    string? Detail = null,
    Revision? Revision = null,
    Action<Utf8JsonWriter>? WriteMembers = null)
{
    /// <summary>
    /// When a retry is worth while, where the problem asks for one: long enough to let a batch or two pass, short
    /// enough to go unnoticed.
    /// </summary>
    public int RetryAfterSeconds { get; init; } = 1;
}

/// <summary>Carries a refusal from where it is noticed to the one place that writes it (<see cref="ProblemMiddleware"/>).</summary>
internal sealed class ProblemException : Exception
{
    public ProblemException(ErrorKind kind, string? detail = null)
        : this(new Problem(kind, detail))
    {
    }

    public ProblemException(Problem problem)
        : base(problem.Detail ?? problem.Kind.Detail) => Problem = problem;

    public Problem Problem { get; }
}
