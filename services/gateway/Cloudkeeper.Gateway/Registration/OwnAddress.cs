using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>
/// Where the proxy reaches this gateway: the advertised address, else where it listens, as nodes do it.
/// </summary>
internal static class OwnAddress
{
    /// <returns>The address, with port 0 while the system has not chosen one, or the objection.</returns>
    public static (string? Address, string? Problem) Of(GatewayOptions options, IConfiguration configuration) =>
        options.AdvertisedAddress.Length > 0
            ? (ReachableAddress.Parse(options.AdvertisedAddress), null)
            : ReachableAddress.FromListening(
                configuration, options.NodeAddresses.Select(node => node.AbsoluteUri), mayChoosePort: true);

    /// <summary>The same once the web server listens; null where something stands against it.</summary>
    public static string? Now(GatewayOptions options, IConfiguration configuration, IServer server) =>
        Of(options, configuration).Address is { } address
            ? WithPort(address, server.Features.Get<IServerAddressesFeature>())
            : null;

    /// <summary>With the port that the web server listens on by now.</summary>
    private static string WithPort(string address, IServerAddressesFeature? listening)
    {
        var uri = new Uri(address);
        if (uri.Port > 0)
        {
            return address;
        }

        var chosen = listening?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("The gateway listens nowhere: set Gateway:AdvertisedAddress.");
        return new UriBuilder(uri) { Port = BindingAddress.Parse(chosen).Port }.Uri.GetLeftPart(UriPartial.Authority);
    }
}

/// <summary>A gateway that registers an unreachable address is of no use: it reports that when it starts.</summary>
internal sealed class OwnAddressValidation(IConfiguration configuration) : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options) =>
        options.Register && OwnAddress.Of(options, configuration).Problem is { } problem
            ? ValidateOptionsResult.Fail(
                "Gateway:AdvertisedAddress must say at which address the proxy reaches this gateway, e.g. http://10.0.0.4:7100: "
                + $"this gateway {problem}. Or set Gateway:Register=false, when no proxy is to find it by itself.")
            : ValidateOptionsResult.Success;
}
