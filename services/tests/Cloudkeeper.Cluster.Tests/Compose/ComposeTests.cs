using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Compose;

/// <summary>What can be said of the compose file without an engine.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Parts = ["node", "gateway", "proxy"];

    [Fact]
    public async Task Compose_accepts_the_file()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/docker-compose"), "docker-compose is not installed.");
        var compose = await Command.RunAsync("docker-compose", ["config", "--quiet"], folder: Repository.Root);
        Assert.True(compose.ExitCode == 0, compose.Output + compose.Error);
    }

    [Fact]
    public void Every_part_has_a_dockerfile_that_builds_an_existing_project_and_does_not_run_as_root()
    {
        var compose = File.ReadAllText(Path.Combine(Repository.Root, "compose.yaml"));
        Assert.All(Parts, part =>
        {
            var path = $"infra/docker/{part}.Dockerfile";
            Assert.Contains($"dockerfile: {path}", compose, StringComparison.Ordinal);
            var lines = File.ReadAllLines(Path.Combine(Repository.Root, path));
            var project = Assert.Single(lines, line => line.StartsWith("RUN dotnet publish ", StringComparison.Ordinal)).Split(' ')[3];
            Assert.True(Directory.Exists(Path.Combine(Repository.Root, project)), project);
            Assert.Contains("USER $APP_UID", lines, StringComparer.Ordinal);
        });
    }

    /// <summary>Ports without an address would be open to the network.</summary>
    [Fact]
    public void Every_published_port_is_on_loopback()
    {
        var ports = File.ReadLines(Path.Combine(Repository.Root, "compose.yaml"))
            .Where(line => line.Contains("ports:", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(ports);
        Assert.All(ports, line => Assert.Contains("[\"127.0.0.1:", line, StringComparison.Ordinal));
    }
}
