using Cloudkeeper.LoadGenerator;

namespace Cloudkeeper.Cluster.Tests.Generator;

public sealed class CommandLineTests
{
    [Fact]
    public void All_options_are_read()
    {
        var options = Parse(
            "--target proxy=http://127.0.0.1:8080 --target http://127.0.0.1:7101 --operations write,mix90 --connections 1,64 "
            + "--duration 500ms --warmup=1.5s --rounds 3 --value-size 10 --keys 5 --processes node1=12,proxy=13 --json out.json");

        Assert.Equal(["proxy", "127.0.0.1:7101"], options.Targets.Select(t => t.Name), StringComparer.Ordinal);
        Assert.Equal([Operation.Write, Operation.Mix90], options.Operations);
        Assert.Equal([1, 64], options.Connections);
        Assert.Equal((TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1.5)), (options.Duration, options.Warmup));
        Assert.Equal((3, 10, 5, "out.json"), (options.Rounds, options.ValueSize, options.Keys, options.JsonFile));
        Assert.Equal(13, options.Processes["proxy"]);
    }

    [Fact]
    public void All_errors_are_reported_at_once()
    {
        string[] args = ["--operations", "sing", "--connections", "0", "--duration", "5", "--keys", "-1", "--speed", "9", "--json"];

        Assert.False(CommandLine.TryParse(args, out _, out _, out var errors));

        Assert.Equal(7, errors.Count); // six options and the missing target
    }

    [Fact]
    public void A_comparison_needs_no_target() => Assert.Equal(3, Parse("compare").Rounds);

    private static LoadOptions Parse(string commandLine)
    {
        Assert.True(CommandLine.TryParse(commandLine.Split(' '), out _, out var options, out var errors), string.Join('\n', errors));
        return options;
    }
}
