using System.Globalization;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Protocol;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>
/// The verbs of the node program for when no cluster runs: they look at or write a data directory and end. None of them
/// starts while a process uses the directory.
/// </summary>
internal sealed class RecoveryCommandLine(TextWriter output, TextWriter error, TimeProvider time)
{
    private const int Failed = 1;
    private const int WrongUsage = 64;

    private static readonly Dictionary<string, string> ShortForms = new(Usage.ShortForms, StringComparer.OrdinalIgnoreCase)
    {
        ["--from"] = "From",
        ["--above"] = "Above",
    };

    public static bool IsMeant(string[] args) =>
        args is ["inspect" or "verify" or "restore" or "recover", ..];

    /// <returns>The exit code.</returns>
    public int Run(string[] args)
    {
        try
        {
            var settings = SettingsOf(args[1..]);
            var options = settings.GetSection(NodeOptions.Section).Get<NodeOptions>() ?? new NodeOptions();
            return Run(args[0], settings, options);
        }
        catch (Exception e) when (IsExplained(e))
        {
            error.WriteLine(e.Message);
            return Failed;
        }
    }

    /// <summary>From where a running node has them too, so that the same settings can be given.</summary>
    private static IConfigurationRoot SettingsOf(string[] args) => new ConfigurationBuilder()
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables("ASPNETCORE_")
        .AddEnvironmentVariables()
        .AddCommandLine(args, ShortForms)
        .Build();

    private static Revision RevisionIn(IConfiguration settings) => settings["Above"] switch
    {
        null => Revision.Zero,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) => new Revision(value),
        var text => throw new RecoveryException($"--above {text} is no revision."),
    };

    private static bool IsExplained(Exception exception) => exception
        is RecoveryException or StorageException or FeatureLevelException or IOException or UnauthorizedAccessException;

    private int Run(string verb, IConfiguration settings, NodeOptions options)
    {
        switch ((verb, settings["From"]))
        {
            case ("inspect", null):
                Inspection.Inspect(options.DataDirectory, output, time);
                return 0;
            case ("verify", null):
                return Inspection.Verify(options.DataDirectory, output) ? 0 : Failed;
            case ("verify", { } backup):
                Backups.Describe(Backups.Load(backup), output, time);
                return 0;
            case ("restore", { } backup):
                Restoring.Run(backup, RevisionIn(settings), settings, options, output, time);
                return 0;
            case ("recover", null):
                Recovering.Run(options, RevisionIn(settings), output, time);
                return 0;
            default:
                error.WriteLine($"Not like this: {verb} {(settings["From"] is null ? "without" : "with")} --from. See --help.");
                return WrongUsage;
        }
    }
}
