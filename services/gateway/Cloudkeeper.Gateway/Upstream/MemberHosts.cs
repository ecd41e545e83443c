using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Where the nodes are that a leader has told of.</summary>
internal sealed class MemberHosts(NodeDirectory directory) : IHostSource
{
    public IEnumerable<string> Addresses => directory.Nodes.Select(node => node.AbsoluteUri);
}
