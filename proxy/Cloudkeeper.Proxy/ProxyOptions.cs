using Cloudkeeper.Hosting;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Proxy;

/// <summary>Where the gateways are. Section <c>Proxy</c>; at least one of the two must be given.</summary>
public sealed class ProxyOptions
{
    public const string Section = "Proxy";

    /// <summary>Base addresses of consensus nodes, separated by commas. They are asked for the gateways.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>Base addresses of gateways, separated by commas: used for as long as no node has named any.</summary>
    public string Gateways { get; init; } = "";

    /// <summary>Whether nodes are asked at all, which takes the cluster key.</summary>
    internal static bool AsksNodes(IConfiguration configuration) =>
        !string.IsNullOrWhiteSpace(configuration[$"{Section}:{nameof(Nodes)}"]);
}

internal sealed class ProxyOptionsValidator : IValidateOptions<ProxyOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxyOptions options)
    {
        List<string> errors =
        [
            .. AddressList.Errors("Proxy:Nodes", options.Nodes),
            .. AddressList.Errors("Proxy:Gateways", options.Gateways),
        ];
        if (string.IsNullOrWhiteSpace(options.Nodes) && string.IsNullOrWhiteSpace(options.Gateways))
        {
            errors.Add("Proxy:Nodes or Proxy:Gateways must be set: there is nowhere to send requests.");
        }

        return errors.Count > 0 ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }
}
