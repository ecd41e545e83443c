namespace Cloudkeeper.Gateway.Errors;

/// <summary>One line of API.md's table of codes.</summary>
/// <param name="Code">The stable name that clients decide by.</param>
/// <param name="Detail">What to do, where the place that refuses has nothing more precise to say.</param>
internal sealed record ErrorKind(int Status, string Code, string Title, string Detail);
