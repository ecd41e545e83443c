using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Compose;

/// <summary>The checks of the compose file that need no engine.</summary>
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

    /// <summary>Each service takes the bounds over from where they stand once, and has a limit of memory and a network.</summary>
    [Fact]
    public void Every_service_is_hardened_and_bounded()
    {
        string[] bounds = ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "pids_limit: "];
        var blocks = Blocks();
        Assert.All(bounds, bound => Assert.Contains(bound, blocks["x-hardened"], StringComparison.Ordinal));
        string[] services = ["key", "node1", "node2", "node3", "gateway1", "gateway2", "proxy", "redis", "prometheus", "grafana"];
        Assert.All(services, name =>
        {
            var whole = string.Concat(blocks[name], Inherited(blocks, name));
            Assert.All(["<<: *hardened", "mem_limit: ", "network"], line => Assert.Contains(line, whole, StringComparison.Ordinal));
            Assert.DoesNotContain("privileged: true", whole, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Only_gateways_and_nodes_are_with_Redis_and_it_wants_a_password()
    {
        var blocks = Blocks();
        Assert.Contains("networks: [back]", blocks["redis"], StringComparison.Ordinal);
        Assert.Contains("--aclfile", blocks["redis"], StringComparison.Ordinal);
        Assert.DoesNotContain("ports:", blocks["redis"], StringComparison.Ordinal);
        Assert.DoesNotContain("key:", blocks["redis"].Replace("after-key", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("user default off", blocks["key"], StringComparison.Ordinal);
        Assert.Contains("internal: true", blocks["back"], StringComparison.Ordinal);
        Assert.DoesNotMatch("password=[a-z0-9]", string.Concat(blocks.Values));
    }

    [Fact]
    public void Images_have_exact_versions()
    {
        var images = File.ReadLines(Path.Combine(Repository.Root, "compose.yaml")).Select(line => line.Trim())
            .Where(line => line.StartsWith("image: ", StringComparison.Ordinal) && !line.Contains("cloudkeeper", StringComparison.Ordinal));
        var bases = Parts.SelectMany(part => File.ReadLines(Path.Combine(Repository.Root, $"infra/docker/{part}.Dockerfile")))
            .Where(line => line.StartsWith("FROM ", StringComparison.Ordinal));
        Assert.All(images.Concat(bases), line => Assert.Matches(@":v?\d+\.\d+\.\d+( AS build)?$", line));
    }

    /// <summary>What is indented below each name, by the name.</summary>
    private static Dictionary<string, string> Blocks()
    {
        var blocks = new Dictionary<string, string>(StringComparer.Ordinal);
        string[] top = ["services", "networks", "volumes"];
        var name = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "compose.yaml")))
        {
            var isName = line.Length > 3 && line.TrimStart()[0] is not '#' && line.Contains(':', StringComparison.Ordinal)
                && (line[0] != ' ' || (line.StartsWith("  ", StringComparison.Ordinal) && line[2] != ' ' && (name.Length == 0 || !name.StartsWith("x-", StringComparison.Ordinal))));
            if (isName)
            {
                name = line.Trim().Split(':')[0];
                name = top.Contains(name, StringComparer.Ordinal) ? "" : name;
                blocks.TryAdd(name, "");
            }
            else
            {
                blocks[name] = blocks.GetValueOrDefault(name, "") + line + "\n";
            }
        }

        return blocks;
    }

    private static string Inherited(Dictionary<string, string> blocks, string name) =>
        blocks[name].Contains("<<: *node\n", StringComparison.Ordinal) ? blocks["x-node"]
        : blocks[name].Contains("<<: *gateway\n", StringComparison.Ordinal) ? blocks["x-gateway"]
        : "";
}
