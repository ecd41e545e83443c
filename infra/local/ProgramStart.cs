using System.Diagnostics;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Local;

/// <summary>How the program of a part is started.</summary>
internal static class ProgramStart
{
    private const string KeyVariable = "Hosting__ClusterKey";
    private const string KeyFileVariable = "Hosting__ClusterKeyFile";

    public static ProcessStartInfo Of(Part part, string assembly, ClusterKey key)
    {
        // Where its appsettings.json is.
        var start = new ProcessStartInfo(SourceTree.Dotnet) { WorkingDirectory = Path.GetDirectoryName(assembly)! };

        // A small young generation: its collections stop a node with a large tree for milliseconds instead of a tenth of
        // a second, for a few percent of CPU. The runtime takes this from the environment only.
        start.Environment.TryAdd("DOTNET_GCgen0size", "0x1000000");

        // Command lines can be read by every user of the machine, environments by the same user only.
        start.Environment[KeyVariable] = key.Reveal();
        start.Environment.Remove(KeyFileVariable);
        string[] arguments =
            [assembly, "--urls", Topology.Text(part.Address), "--Hosting:ExitWithParent=true", .. part.Arguments];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return start;
    }
}
