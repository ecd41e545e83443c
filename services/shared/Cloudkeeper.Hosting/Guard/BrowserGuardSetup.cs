using System.Collections.Frozen;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>Puts the guard in front of a process's whole pipeline.</summary>
internal static class BrowserGuardSetup
{
    public static void AddBrowserGuard(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<HostingOptions>, BrowserGuardValidation>();
        services.AddOptions<BrowserGuardOptions>();
        services.AddSingleton(static provider => new AcceptedHosts(
            SettingHosts.Of(provider.GetRequiredService<IConfiguration>())
                .Concat(Settings(provider).AllowedHostNames),
            provider.GetServices<IHostSource>()));
        services.AddSingleton(static provider => new CrossOriginRule(
            Settings(provider).AllowedOriginNames.ToFrozenSet(StringComparer.Ordinal),
            provider.GetRequiredService<IOptions<BrowserGuardOptions>>().Value.RefusesBrowsers));
        services.AddSingleton(static provider => new AnswerHeaders(Settings(provider).AllowedOriginNames.Count > 0));
        services.AddSingleton<BrowserGuard>();

        // In front of all filters that are registered already, too.
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, InFront>());
    }

    private static HostingOptions Settings(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<HostingOptions>>().Value;

    private sealed class InFront : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseMiddleware<BrowserGuardMiddleware>();
            next(app);
        };
    }
}

/// <summary>How a kind of process treats browsers; not a setting.</summary>
public sealed class BrowserGuardOptions
{
    /// <summary>Only other processes call this one, never a page, not even one of its own.</summary>
    public bool RefusesBrowsers { get; set; }
}
