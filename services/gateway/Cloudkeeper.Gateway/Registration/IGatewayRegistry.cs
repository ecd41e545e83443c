using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>Where registrations of gateways stand: in the tree, or from feature level 4 on in a table of their own.</summary>
internal interface IGatewayRegistry
{
    /// <summary>Whether the registration stands there as it is to be.</summary>
    /// <exception cref="ProblemException">That cannot be found out now.</exception>
    Task<bool> HasAsync(GatewayEntry gateway);

    /// <summary>In the place of what an earlier run may have left under this name, which dies with that run's session.</summary>
    /// <exception cref="ProblemException">It was refused, or that is not known.</exception>
    Task RegisterAsync(GatewayEntry gateway);

    /// <summary>Takes back what this gateway has registered there, and nothing else.</summary>
    Task RemoveAsync(GatewayEntry gateway);
}
