using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Node.Joining;

namespace Cloudkeeper.Node.Hosting;

/// <summary>Where the members are, this node among them: the log may know more of it than the settings.</summary>
internal sealed class MemberHosts(ThisNode node) : IHostSource
{
    public IEnumerable<string> Addresses => node.Replica?.State.Membership.Members.Select(member => member.Address) ?? [];
}
