using System.Globalization;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>Prints the findings in lines, so that people can compare.</summary>
internal sealed class StateReport(TextWriter output, TimeProvider time)
{
    public void Write(StoredNode node)
    {
        var (index, term) = node.Last;
        var unknown = index - node.Stored.HardState.Commit;
        Line("cluster", node.Identity.ClusterId.ToString("N"));
        Line("node", $"n{node.Identity.Node}");
        Line("last entry", $"term {term}, index {index}" + (unknown > 0 ? $" (the last {unknown} not known to be committed)" : ""));
        Line("snapshot", node.Stored.Snapshot is { } snapshot ? $"term {snapshot.Term}, index {snapshot.Index}" : "none");
        Line("log", $"{node.Log.Segments} segments, {node.Log.Records} records");
        if (node.Log.Cut is { } cut)
        {
            Line("", $"{cut.Bytes} bytes that a crash tore off at byte {cut.Offset} of {cut.File} do not count");
        }

        Line("members", string.Join(", ", node.Membership.Members.Select(Describe)));
        Write(node.Machine);
    }

    public void Write(StateMachine machine)
    {
        Line("revision", machine.Revision.ToString());
        Line("holds", $"{machine.NodeCount} nodes, {machine.SessionCount} sessions, feature level {machine.FeatureLevel}");
        Line("written", machine.Time == 0 ? "never" : Describe(DateTimeOffset.FromUnixTimeMilliseconds(machine.Time)));
    }

    public void Line(string what, string value) => output.WriteLine($"{what,-12}{value}");

    private static string Describe(Member member) =>
        $"n{member.Id} {member.Address} ({(member.IsVoter ? "voter" : "learner")})";

    private string Describe(DateTimeOffset written)
    {
        var age = time.GetUtcNow() - written;
        var ago = age.TotalDays >= 2 ? $"{age.TotalDays:0} days"
            : age.TotalHours >= 2 ? $"{age.TotalHours:0} hours"
            : age.TotalMinutes >= 2 ? $"{age.TotalMinutes:0} minutes"
            : $"{age.TotalSeconds:0} seconds";
        return string.Create(CultureInfo.InvariantCulture, $"{written:yyyy-MM-dd'T'HH:mm:ss'Z'}, {ago} ago");
    }
}
