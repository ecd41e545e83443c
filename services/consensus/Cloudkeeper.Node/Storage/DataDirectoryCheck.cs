using Cloudkeeper.Hosting.Starting;
using Cloudkeeper.Node.Configuration;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Storage;

/// <summary>Whether the data directory can be used, before this node announces itself to others.</summary>
internal sealed class DataDirectoryCheck(IOptions<NodeOptions> options) : IStartCheck
{
    /// <summary>A log and its reserve on a small disk.</summary>
    private const long BeginningBytes = 1 << 20;

    /// <summary>A node that has a log starts on a full disk as well: its writes then find its reserve.</summary>
    public IEnumerable<StartProblem> Look()
    {
        var path = Path.GetFullPath(options.Value.DataDirectory);
        var isNew = !Directory.Exists(path) || !Directory.EnumerateFiles(path, "log-*").Any();
        return FolderCheck.Look("Node:DataDirectory", path, isNew ? BeginningBytes : 0);
    }
}
