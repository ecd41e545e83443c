using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>What one attempt to have a batch answered came to.</summary>
/// <param name="Problem">Unless answered: what to tell a client whose time is up.</param>
/// <param name="IsFinal">Trying again elsewhere will not help.</param>
/// <param name="IsRedirect">Another node was named: ask it at once.</param>
internal readonly record struct Attempt(
    AttemptOutcome Outcome,
    ReadOnlyMemory<byte> Body = default,
    ErrorKind? Problem = null,
    bool IsFinal = false,
    bool IsRedirect = false);

internal enum AttemptOutcome
{
    /// <summary>Decided: the reply's body says how.</summary>
    Answered,

    /// <summary>The node certainly did nothing.</summary>
    Refused,

    /// <summary>The node certainly did nothing, for what is in the batch: another part of it may go through.</summary>
    Objected,

    /// <summary>The node may have done it, or may yet do it.</summary>
    Unknown,
}
