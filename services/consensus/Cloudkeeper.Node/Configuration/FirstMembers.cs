using System.Globalization;
using Cloudkeeper.Hosting;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Configuration;

/// <summary>Reads <see cref="NodeOptions.Members"/>.</summary>
internal static class FirstMembers
{
    /// <summary>All that can be read, in order of id; what cannot is reported in <paramref name="problems"/>.</summary>
    public static IReadOnlyList<Member> Parse(string text, List<string> problems)
    {
        var members = new List<Member>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (left, right) = part.Split('=', 2) is [var l, var r] ? (l, r) : (part, "");
            if (!int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            {
                problems.Add($"Node:Members: \"{part}\" does not begin with an id, as in 1=http://10.0.0.1:7000.");
            }
            else if (ReachableAddress.Parse(right) is not { } address)
            {
                problems.Add($"Node:Members: \"{part}\" has no address, as in 1=http://10.0.0.1:7000.");
            }
            else if (members.Exists(m => m.Id.Value == id))
            {
                problems.Add($"Node:Members: the id {id} is there twice.");
            }
            else if (members.Exists(m => m.Address == address))
            {
                problems.Add($"Node:Members: the address {address} is there twice.");
            }
            else
            {
                members.Add(new Member(new NodeId(id), address, IsVoter: true));
            }
        }

        return [.. members.OrderBy(m => m.Id.Value)];
    }
}
