namespace Cloudkeeper.Gateway.Errors;

/// <summary>One line of API.md's table of codes.</summary>
/// <param name="Code">The stable name that clients decide by.</param>
/// <param name="Detail">What to do, where the code that refuses gives nothing more precise.</param>
internal sealed record ErrorKind(int Status, string Code, string Title, string Detail);
