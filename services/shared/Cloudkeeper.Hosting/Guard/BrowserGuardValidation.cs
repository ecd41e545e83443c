using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>Reports what is wrong with the guard's settings before anything listens.</summary>
internal sealed class BrowserGuardValidation : IValidateOptions<HostingOptions>
{
    public ValidateOptionsResult Validate(string? name, HostingOptions options)
    {
        string[] errors =
        [
            .. options.AllowedHostNames.Where(host => !IsHost(host)).Select(host =>
                $"Hosting:AllowedHosts: '{host}' is not a host without a port, "
                + "such as cloudkeeper.example.org, *.example.org or 10.0.0.1."),
            .. options.AllowedOriginNames.Where(origin => !IsOrigin(origin)).Select(origin =>
                $"Hosting:AllowedOrigins: '{origin}' is not an origin, such as https://console.example.org is one."),
        ];
        return errors.Length > 0 ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }

    private static bool IsHost(string text)
    {
        var name = text.StartsWith("*.", StringComparison.Ordinal) ? text.AsSpan(2) : text;
        return name.Length > 0 && !name.EndsWith('.') && HostHeader.NameOf(name).SequenceEqual(name)
            && (name[0] != '[' || HostHeader.TryParseAddress(name, out _));
    }

    /// <summary>As a browser spells it: nothing else would ever be equal to one.</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && uri.GetLeftPart(UriPartial.Authority) == text && uri.UserInfo.Length == 0;
}
