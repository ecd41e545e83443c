using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// Asks at the address that the log gives for a member which is at another one now: either it has moved, and no process
/// is there any more, or one of the two has a copy of the other's data directory.
/// </summary>
internal sealed class AddressProbe(MembershipClient client, ThisNode node, NodeSetup setup)
{
    /// <param name="address">By the log.</param>
    /// <param name="instance">Of the member's data directory.</param>
    /// <param name="run">Of the process that claims to be it at another address; none: of a former program.</param>
    public async Task<FormerAddress> AskAsync(string address, Guid instance, Guid run, CancellationToken cancellationToken)
    {
        var view = await client.LookAsync(address, cancellationToken);
        var occupant = view is null || view.Instance != instance ? Occupant.Nobody
            : view.Run == run ? Occupant.Announcer
            : Occupant.AnotherProcess;
        return new FormerAddress(address, occupant);
    }

    /// <summary>Null: the log knows the member at the address that it announces, or does not know it.</summary>
    public async Task<FormerAddress?> AskAsync(
        Membership members, Guid instance, string address, Guid run, CancellationToken cancellationToken) =>
        members.Members.FirstOrDefault(m => m.Instance == instance) is { } member && member.Address != address
            ? await AskAsync(member.Address, instance, run, cancellationToken)
            : null;

    /// <summary>Before this node takes part with a log that knows it at another address.</summary>
    /// <exception cref="CopiedDataException">The log's own node runs there.</exception>
    public async Task RequireAloneAsync(Membership members, CancellationToken cancellationToken)
    {
        var instance = node.Directory.Instance;
        var former = await AskAsync(members, instance, setup.Address, node.Run, cancellationToken);
        if (former is { Occupant: Occupant.AnotherProcess })
        {
            throw new CopiedDataException(former.Problem(node.Directory.Identity.Node));
        }
    }
}

/// <summary>
/// Another process runs with the same data directory, or a copy of it. The message states the remedy.
/// </summary>
internal sealed class CopiedDataException(string message) : Exception(message);
