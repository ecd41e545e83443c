using Cloudkeeper.Hosting;
using Cloudkeeper.Raft;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Configuration;

/// <summary>The meaning of <see cref="NodeOptions"/>, checked as a whole.</summary>
/// <param name="Address">Where the others reach this node.</param>
/// <param name="FirstMembers">Of a new cluster, in order of id; empty when this node founds none.</param>
/// <param name="Join">Addresses of a running cluster.</param>
internal sealed record NodeSetup(
    NodeOptions Options, string Address, IReadOnlyList<Member> FirstMembers, IReadOnlyList<string> Join)
{
    /// <summary>All addresses that are known before there is a log.</summary>
    public IEnumerable<string> OtherAddresses =>
        Join.Concat(FirstMembers.Select(m => m.Address)).Where(a => a != Address).Distinct(StringComparer.Ordinal);

    /// <summary>The one of the first members that founds the cluster.</summary>
    public bool IsFounder => FirstMembers.Count > 0 && FirstMembers[0].Id.Value == Options.Id;

    /// <summary>All errors are added to <paramref name="problems"/>; with any the result is of no use.</summary>
    public static NodeSetup Create(NodeOptions options, IConfiguration configuration, List<string> problems)
    {
        var members = Configuration.FirstMembers.Parse(options.Members, problems);
        var own = members.FirstOrDefault(m => m.Id.Value == options.Id);
        if (members.Count > 0 && own is null)
        {
            problems.Add($"Node:Members does not contain Node:Id {options.Id}.");
        }

        if (members.Count == 0 && options.Id != 0)
        {
            problems.Add("Node:Id is for the first members of a new cluster: give Node:Members as well. "
                + "A node that joins is given its id.");
        }

        if (options.Members.Length > 0 && options.Join.Length > 0)
        {
            problems.Add("Node:Members founds a cluster, Node:Join joins one: give one of them.");
        }

        var join = AddressList.Errors("Node:Join", options.Join).ToList();
        problems.AddRange(join);
        string[] addresses = join.Count > 0 ? [] : [.. AddressList.Parse(options.Join).Select(a => a.GetLeftPart(UriPartial.Authority))];
        return new NodeSetup(
            options,
            AddressOf(options, own, addresses, configuration, problems),
            members,
            addresses);
    }

    private static string AddressOf(
        NodeOptions options, Member? own, IEnumerable<string> others, IConfiguration configuration, List<string> problems)
    {
        if (options.Address.Length > 0)
        {
            var given = ReachableAddress.Parse(options.Address);
            if (given is null)
            {
                problems.Add($"Node:Address: \"{options.Address}\" is no address such as http://10.0.0.4:7000.");
            }
            else if (own is not null && own.Address != given)
            {
                problems.Add($"Node:Address is {given}, but Node:Members says {own.Address} of this node.");
            }

            return given ?? "";
        }

        if (own is not null || options.Members.Length > 0)
        {
            return own?.Address ?? "";
        }

        var (address, problem) = ReachableAddress.FromListening(configuration, others);
        if (problem is not null)
        {
            problems.Add("Node:Address must say at which address the other nodes reach this one, e.g. http://10.0.0.4:7000: "
                + $"this node {problem}.");
        }

        return address ?? "";
    }
}

/// <summary>Reports all errors of the settings at once.</summary>
internal sealed class NodeOptionsValidation(IConfiguration configuration) : IValidateOptions<NodeOptions>
{
    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var problems = new List<string>();
        NodeSetup.Create(options, configuration, problems);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
