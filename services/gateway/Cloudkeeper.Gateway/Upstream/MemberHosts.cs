using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>The nodes of the leader's list.</summary>
internal sealed class MemberHosts(NodeDirectory directory) : IHostSource
{
    public IEnumerable<string> Addresses => directory.Nodes.Select(node => node.AbsoluteUri);
}
