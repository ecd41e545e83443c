using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Watches.Histories;

/// <summary>What one random watcher asks for, and how it behaves.</summary>
/// <param name="From">Null: from now on.</param>
/// <param name="IsSlow">Reads nothing now and then, until much has happened.</param>
internal sealed record WatchChoice(
    WatchInterest Interest, long? From, bool Initial, bool Values, bool Previous, bool OnGap, bool IsLines, bool IsSlow)
{
    public static readonly string[] Paths =
        ["/w", "/w/a", "/w/a/x", "/w/a/y", "/w/a/y/deep", "/w/b", "/w/b/x", "/w/c", "/wide", "/wide/1", "/wide/2", "/z"];

    public static WatchChoice Draw(Random random)
    {
        var scope = (WatchScope)random.Next(3);
        string[] roots = ["/", .. Paths];
        var targets = Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => roots[random.Next(roots.Length)]).Distinct().Select(path => new WatchTarget(path, scope));
        var initial = random.Next(4) == 0;
        return new WatchChoice(
            new WatchInterest([.. targets], LatestOnly: random.Next(4) == 0),
            initial || random.Next(4) == 0 ? null : random.Next(4),
            initial,
            random.Next(2) == 0,
            random.Next(3) == 0,
            random.Next(2) == 0,
            random.Next(3) == 0,
            random.Next(3) == 0);
    }

    public string Query(long? from, bool initial, SessionId? session) => string.Join('&',
    [
        .. Interest.Targets.Select(target => $"path={Uri.EscapeDataString(target.Path)}"),
        $"scope={Interest.Targets[0].Scope.ToString().ToLowerInvariant()}",
        $"values={(Values ? "true" : "false")}&previous={(Previous ? "true" : "false")}&initial={(initial ? "true" : "false")}",
        .. Given(from, "from"), .. Given(session, "session"),
        .. Interest.LatestOnly ? ["mode=latest"] : Array.Empty<string>(),
        .. OnGap ? ["onGap=snapshot"] : Array.Empty<string>(),
        .. IsLines ? ["format=ndjson"] : Array.Empty<string>(),
    ]);

    private static string[] Given<T>(T? value, string name)
        where T : struct => value is { } given ? [$"{name}={given}"] : [];
}
