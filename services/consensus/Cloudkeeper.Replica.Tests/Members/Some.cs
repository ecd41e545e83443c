using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

/// <summary>Members, and what a leader knows of them, for the rules' tests.</summary>
internal static class Some
{
    public static readonly Guid Cluster = InstanceOf(1000);

    /// <summary>The instance of the data directory with this number; 0 is that of a member that has not arrived.</summary>
    public static Guid InstanceOf(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    public static string AddressOf(int number) => $"http://127.0.0.1:{7000 + number}";

    public static Announcement Announcement(int data, int address, int level = 1) =>
        new(null, null, InstanceOf(data), AddressOf(address), level);

    /// <summary>
    /// Members as in <c>1v 2vo 3o 4l 5l? 6l-</c>: voter, outgoing voter, learner, expected, leaving. Each has its id for its
    /// instance, and 1 for its level.
    /// </summary>
    public static Membership Members(string text, int lastId = 0) => new(
        text.Split(' ').Select(word =>
        {
            var id = int.Parse(word.TrimEnd('v', 'o', 'l', '?', '-'), System.Globalization.CultureInfo.InvariantCulture);
            var isExpected = word.Contains('?', StringComparison.Ordinal);
            return new Member(
                new NodeId(id),
                AddressOf(id),
                IsVoter: word.Contains('v', StringComparison.Ordinal),
                IsOutgoingVoter: word.Contains('o', StringComparison.Ordinal))
            {
                Instance = InstanceOf(isExpected ? 0 : id),
                Level = isExpected ? 0 : 1,
                IsLeaving = word.Contains('-', StringComparison.Ordinal),
            };
        }),
        new NodeId(lastId));

    /// <summary>The leader is 1 and has had messages from the active ones.</summary>
    public static ClusterFacts Facts(string members, string active, int lastId = 0, bool isYoung = false) => new(
        Cluster,
        new NodeId(1),
        Members(members, lastId),
        FeatureLevel: 1,
        id => active.Split(' ').Contains(id.ToString()),
        isYoung);

    /// <summary>What a verdict comes to, in one line.</summary>
    public static string Phrase(Verdict verdict) => verdict switch
    {
        { Answer: { } answer } => $"{answer.Status} {(answer.Node is { } id ? "n" + id : answer.Code)} {answer.Detail}".Trim(),
        { Next: { } next } => $"propose {next}" + (verdict.Node is { } node ? $" for n{node}" : ""),
        _ => $"hand over to n{verdict.Successor}",
    };
}
