using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Security;

/// <summary>Gives a process its cluster key.</summary>
public static class ClusterKeyServices
{
    /// <summary>Adds <see cref="ClusterAccess"/>; without a usable key the process does not start.</summary>
    /// <param name="builder">Its hosting is added already.</param>
    /// <param name="isNeeded">Null: always. A process that has nothing to do with nodes needs no key.</param>
    public static WebApplicationBuilder AddClusterKey(
        this WebApplicationBuilder builder, Func<IConfiguration, bool>? isNeeded = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddSingleton(provider => new ClusterKeyValidation(provider.GetRequiredService<IConfiguration>(), isNeeded));
        services.AddSingleton<IValidateOptions<HostingOptions>>(provider => provider.GetRequiredService<ClusterKeyValidation>());
        services.AddSingleton(provider =>
        {
            _ = provider.GetRequiredService<IOptions<HostingOptions>>().Value;
            return provider.GetRequiredService<ClusterKeyValidation>().Access;
        });
        services.AddHostedService<ClusterKeyNotice>();
        return builder;
    }
}
