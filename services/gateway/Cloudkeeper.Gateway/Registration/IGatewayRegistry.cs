using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>Where registrations of gateways stand: in the tree, or from feature level 4 on in a table of their own.</summary>
internal interface IGatewayRegistry
{
    /// <summary>Whether the registration stands there as it is to be.</summary>
    /// <exception cref="ProblemException">That cannot be found out now.</exception>
    Task<bool> HasAsync(GatewayEntry gateway);

    /// <summary>
    /// Replaces the registration of an earlier run under this name, which dies with that run's session.
    /// </summary>
    /// <exception cref="ProblemException">It was refused, or that is not known.</exception>
    Task RegisterAsync(GatewayEntry gateway);

    /// <summary>Removes this gateway's registration, and nothing else.</summary>
    Task RemoveAsync(GatewayEntry gateway);
}
