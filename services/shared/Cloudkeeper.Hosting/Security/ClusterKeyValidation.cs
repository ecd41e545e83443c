using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// Finds the cluster key while the settings are checked, so that its errors are reported together with the rest.
/// </summary>
internal sealed class ClusterKeyValidation(IConfiguration configuration, Func<IConfiguration, bool>? isNeeded)
    : IValidateOptions<HostingOptions>
{
    /// <summary>Of the settings that were found to be right.</summary>
    public ClusterAccess Access { get; private set; } = ClusterAccess.Open;

    public ValidateOptionsResult Validate(string? name, HostingOptions options)
    {
        if (isNeeded is not null && !isNeeded(configuration))
        {
            return ValidateOptionsResult.Success;
        }

        try
        {
            Access = ClusterKeySettings.Read(options, ListeningAddresses.Of(configuration), UserClusterKey.Default);
            return ValidateOptionsResult.Success;
        }
        catch (ClusterKeyException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
