using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// How a cluster begins: the first of the first members founds it, alone, and the others join it. It does so only once
/// all of them have answered that they belong to none. If one of them does, there is a cluster already, and this node's
/// disk was lost: a second cluster beside the first would answer for data that it does not have.
/// </summary>
internal sealed class Founding(
    NodeSetup setup, MembershipClient client, ThisNode node, TimeProvider time, ProgressLog progress)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The others vote once they have arrived and caught up.</summary>
    public Membership Members => new(setup.FirstMembers.Select(m => m.Id.Value == setup.Options.Id
        ? m with { Instance = node.Directory.Instance, Level = FeatureLevels.Newest }
        : m with { IsVoter = false }));

    /// <returns>True: this node is to found the cluster; false: there is one, to be joined.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var others = setup.FirstMembers.Where(m => m.Id.Value != setup.Options.Id).ToList();
            var views = await Task.WhenAll(others.Select(m => client.LookAsync(m.Address, cancellationToken)));
            if (views.FirstOrDefault(v => v?.Cluster is not null) is { } member)
            {
                progress.Say($"{member.Address} belongs to cluster {member.Cluster:N} already: this node does not found another.");
                return false;
            }

            if (views.All(v => v is not null))
            {
                return true;
            }

            var missing = others.Where((_, i) => views[i] is null).Select(m => m.Address);
            progress.Wait(node, NodePhase.New, "To found the cluster it needs an answer from "
                + string.Join(" and ", missing) + ": start the nodes there.");
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
