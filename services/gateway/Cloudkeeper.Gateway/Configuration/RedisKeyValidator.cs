using Cloudkeeper.Hosting.Security;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway.Configuration;

/// <summary>
/// Refuses Redis where the cluster has no key: then entries of gateways could not be told from those of other clients.
/// </summary>
internal sealed class RedisKeyValidator(ClusterAccess access) : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options) =>
        options.Redis.IsEmpty || access.Key is not null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                "Gateway:Redis needs a cluster key, by which gateways know what they have written there: set Hosting:ClusterKey "
                + "or Hosting:ClusterKeyFile to that of the nodes and the other gateways, or leave Gateway:Redis empty.");
}
