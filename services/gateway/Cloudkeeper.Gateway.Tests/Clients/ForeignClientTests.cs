using System.Diagnostics;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Clients;

/// <summary>
/// Clients that others have written, in another language. They come from npm in the versions of <c>package-lock.json</c>, into
/// a folder under <c>artifacts</c> that is used again.
/// </summary>
public sealed class ForeignClientTests
{
    private const string Package = "services/gateway/Cloudkeeper.Gateway.Tests/Clients";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Clients_from_npm_put_get_watch_resume_elsewhere_and_lock()
    {
        var folder = await InstallAsync(RepositoryRoot());
        var nodes = new TreeNodes();
        await using var first = new GatewayFixture { Nodes = nodes };
        await using var second = new GatewayFixture { Nodes = nodes };
        await first.InitializeAsync();
        await second.InitializeAsync();
        await RunAsync(folder, "node", "client.mjs", AddressOf(first), AddressOf(second));
    }

    private static string AddressOf(GatewayFixture gateway) => gateway.Address.GetLeftPart(UriPartial.Authority);

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cloud.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests are not below Cloud.sln.");
        }

        return folder.FullName;
    }

    private static async Task<string> InstallAsync(string root)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "artifacts", "foreign-clients")).FullName;
        var source = Path.Combine(root, Package);
        var isInstalled = File.Exists(Path.Combine(folder, "installed"))
            && await ReadAsync(Path.Combine(folder, "installed")) == await ReadAsync(Path.Combine(source, "package-lock.json"));
        foreach (var file in (string[])["package.json", "package-lock.json", "client.mjs"])
        {
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);
        }

        if (!isInstalled)
        {
            await RunAsync(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            File.Copy(Path.Combine(source, "package-lock.json"), Path.Combine(folder, "installed"), overwrite: true);
        }

        return folder;
    }

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

    private static async Task RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var late = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(late.Token);
            var error = process.StandardError.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            Assert.True(process.ExitCode == 0, $"{program}: {await output}{await error}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
