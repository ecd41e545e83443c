using System.Globalization;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Storage;

/// <summary>The data directory, held by this process alone, and its owner's identity.</summary>
internal sealed partial class DataDirectory : IDisposable
{
    private const string DamagedPrefix = "damaged-";

    private readonly TimeProvider _time;
    private readonly DirectoryOwner _owner;

    /// <exception cref="StorageException">The directory cannot be used.</exception>
    public DataDirectory(IOptions<NodeOptions> options, TimeProvider time, ILogger<DataDirectory> logger)
    {
        _time = time;
        Location = Path.GetFullPath(options.Value.DataDirectory);
        Files = new PhysicalFileSystem(Location);
        try
        {
            _owner = new DirectoryOwner(Files, Guid.NewGuid, PutAside);
            Narrow(logger);
        }
        catch
        {
            Files.Dispose();
            throw;
        }
    }

    public string Location { get; }

    public PhysicalFileSystem Files { get; }

    public NodeIdentity Identity => _owner.Identity;

    public Quarantine? Quarantine => _owner.Quarantine;

    public Guid Instance => _owner.Instance;

    public Quarantine BeginQuarantine(string reason) => _owner.BeginQuarantine(reason);

    public void MakeRoom() => _owner.MakeRoom();

    public void Complete(Guid cluster, NodeId node) => _owner.Complete(cluster, node);

    public void Dispose() => Files.Dispose();

    /// <summary>Former versions let every user of the machine read the data.</summary>
    private void Narrow(ILogger logger)
    {
        try
        {
            if (PrivateFiles.Narrow(Location) is > 0 and var count)
            {
                LogNarrowed(logger, count, Location);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"The rights to the files in {Location} cannot be looked at: {e.Message}", e);
        }
    }

    /// <summary>Moves all files but the quarantine itself to a folder where nothing touches them any more.</summary>
    private void PutAside()
    {
        var now = _time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture);
        var aside = Path.Combine(Location, DamagedPrefix + now);
        using var folder = new PhysicalFileSystem(aside);
        try
        {
            foreach (var name in Files.List().Where(name => name != QuarantineFile.Name))
            {
                File.Move(Path.Combine(Location, name), Path.Combine(aside, name));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFailedException($"The damaged files in {Location} cannot be put aside: {e.Message}", e);
        }

        folder.SyncDirectory();
        Files.SyncDirectory();
    }

    [LoggerMessage(1, LogLevel.Warning,
        "Other users of this machine had rights to {Count} files and directories in {Directory}; those were taken away")]
    private static partial void LogNarrowed(ILogger logger, int count, string directory);
}
