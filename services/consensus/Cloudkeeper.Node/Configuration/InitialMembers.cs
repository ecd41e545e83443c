using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudkeeper.Raft;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Configuration;

/// <summary>Reads <see cref="NodeOptions.Members"/>; says everything that is wrong with it at once.</summary>
internal sealed class InitialMembers : IValidateOptions<NodeOptions>
{
    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var problems = new List<string>();
        var members = Parse(options.Members, problems);
        if (problems.Count == 0 && members.All(m => m.Id.Value != options.Id))
        {
            problems.Add($"Node:Members does not contain Node:Id {options.Id}.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    public static Membership Of(NodeOptions options) => new(Parse(options.Members, []));

    /// <summary>The id of the cluster that these members found: the same on each of them.</summary>
    public static Guid ClusterId(Membership members)
    {
        var text = string.Join(',', members.Members.Select(m => $"{m.Id}={m.Address}"));
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }

    private static List<Member> Parse(string text, List<string> problems)
    {
        var members = new List<Member>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (left, right) = part.Split('=', 2) is [var l, var r] ? (l, r) : (part, "");
            if (!int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            {
                problems.Add($"Node:Members: \"{part}\" does not begin with an id, as in 1=http://10.0.0.1:7000.");
            }
            else if (!Uri.TryCreate(right, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                problems.Add($"Node:Members: \"{part}\" has no address, as in 1=http://10.0.0.1:7000.");
            }
            else if (members.Exists(m => m.Id.Value == id))
            {
                problems.Add($"Node:Members: the id {id} is there twice.");
            }
            else
            {
                members.Add(new Member(new NodeId(id), right.TrimEnd('/'), IsVoter: true));
            }
        }

        return members;
    }
}
