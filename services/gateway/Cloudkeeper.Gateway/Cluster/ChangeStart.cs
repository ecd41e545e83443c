using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary>The cluster at the beginning of a change of it.</summary>
/// <param name="Id">Of the change.</param>
/// <param name="Members">The names of the members then.</param>
internal sealed record ChangeStart(string Id, IReadOnlyList<string> Members)
{
    /// <summary>Of a change without a key, which is never taken over.</summary>
    public static readonly ChangeStart Unknown = new("none", []);

    /// <summary>Another gateway has begun it, or this one earlier: a part of it, or all, may have been done.</summary>
    public bool IsTakenOver { get; init; }

    /// <exception cref="ProblemException"><c>no-quorum</c>: no node answers.</exception>
    public static async Task<ChangeStart> DrawAsync(IClusterNodes cluster, CancellationToken cancellationToken) =>
        new(Guid.NewGuid().ToString("N"), await NamesAsync(cluster, cancellationToken));

    public static ChangeStart Parse(string text) => text.Split(' ') is [var id, .. var members]
        ? new ChangeStart(id, members)
        : throw new FormatException($"Not the start of a change: {text}");

    /// <summary>Those of some members that have gone since.</summary>
    public async Task<IReadOnlyList<string>> GoneAsync(
        IClusterNodes cluster, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (!IsTakenOver)
        {
            return [];
        }

        var present = await NamesAsync(cluster, cancellationToken);
        return [.. names.Where(name => Members.Contains(name, StringComparer.Ordinal) && !present.Contains(name))];
    }

    public override string ToString() => string.Join(' ', [Id, .. Members]);

    private static async Task<List<string>> NamesAsync(IClusterNodes cluster, CancellationToken cancellationToken) =>
        [.. (await cluster.ReadAsync(cancellationToken)).Json["members"]!.AsArray().Select(member => (string)member!["id"]!)];
}
