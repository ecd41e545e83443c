using System.Globalization;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Storage;

/// <summary>The data directory as far as it says who this node is; held by this process alone.</summary>
/// <remarks>
/// The steps of a life, each durable before the next, so that a crash between two of them is only taken up again:
/// <code>
///   empty      identity with an instance           before anybody is talked to
///   member     log, then identity with cluster     see NodeStorage
///   damaged    quarantine with the successor's instance; once the cluster has accepted the successor, everything goes to
///              damaged-TIME, a new log and identity begin, and the quarantine ends
/// </code>
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    private const string DamagedPrefix = "damaged-";

    private readonly TimeProvider _time;

    /// <exception cref="StorageException">The directory cannot be used.</exception>
    public DataDirectory(IOptions<NodeOptions> options, TimeProvider time)
    {
        _time = time;
        Location = Path.GetFullPath(options.Value.DataDirectory);
        Files = new PhysicalFileSystem(Location);
        try
        {
            Quarantine = LoadQuarantine();
            Identity = LoadIdentity();
        }
        catch
        {
            Files.Dispose();
            throw;
        }
    }

    public string Location { get; }

    public PhysicalFileSystem Files { get; }

    /// <summary>Of the node that this directory belongs to; in quarantine, of the one that it belonged to.</summary>
    public NodeIdentity Identity { get; private set; }

    /// <summary>Null unless the directory is damaged.</summary>
    public Quarantine? Quarantine { get; private set; }

    /// <summary>Under which the node speaks.</summary>
    public Guid Instance => Quarantine?.Successor ?? Identity.Instance;

    /// <summary>From now on, and after every restart, the node does not vote with what is here.</summary>
    public Quarantine BeginQuarantine(string reason)
    {
        var quarantine = new Quarantine(Guid.NewGuid(), reason);
        QuarantineFile.Save(Files, quarantine);
        return Quarantine = quarantine;
    }

    /// <summary>Makes room for the log of a new member: what is damaged is put aside, what an unfinished start left goes.</summary>
    public void MakeRoom()
    {
        if (Identity.IsMember)
        {
            Invariant.Require(Quarantine is not null);
            PutAside();
            return;
        }

        // The identity is completed last: no replica has ever run with what is here.
        foreach (var name in Files.List().Where(IsData))
        {
            Files.Delete(name);
        }

        Files.SyncDirectory();
    }

    /// <summary>The log is there: from now on the directory is this member's.</summary>
    public void Complete(Guid cluster, NodeId node)
    {
        var identity = new NodeIdentity(cluster, node) { Instance = Instance };
        IdentityFile.Save(Files, identity);
        Identity = identity;
        QuarantineFile.Delete(Files);
        Quarantine = null;
    }

    public void Dispose() => Files.Dispose();

    private static bool IsData(string name) =>
        name.StartsWith("log-", StringComparison.Ordinal) || name.StartsWith("snapshot-", StringComparison.Ordinal);

    private Quarantine? LoadQuarantine()
    {
        try
        {
            return QuarantineFile.Load(Files);
        }
        catch (StorageCorruptedException e)
        {
            return BeginQuarantine(e.Message);
        }
    }

    private NodeIdentity LoadIdentity()
    {
        var (found, problem) = TryLoadIdentity();
        if (found is { IsMember: true } && found.Instance == Quarantine?.Successor)
        {
            // Everything was done but this.
            QuarantineFile.Delete(Files);
            Quarantine = null;
        }

        if (found is { IsMember: false } && Quarantine is { } damaged && found.Instance != Guid.Empty
            && found.Instance != damaged.Successor)
        {
            // The quarantine was damaged in its turn. The successor has drawn its instance and may have spoken under it.
            Quarantine = damaged with { Successor = found.Instance };
            QuarantineFile.Save(Files, Quarantine);
        }

        if (found is { Instance: var instance } && instance != Guid.Empty)
        {
            return found;
        }

        if (found is null && problem is not null)
        {
            // Nobody knows any more who this was: it can only come back as somebody new.
            Quarantine ??= BeginQuarantine(problem);
            PutAside();
        }

        // A member of version 1 has none of its own yet, and never becomes its own successor.
        var identity = found is not null
            ? found with { Instance = Guid.NewGuid() }
            : NodeIdentity.WithoutCluster(Quarantine?.Successor ?? Guid.NewGuid());
        IdentityFile.Save(Files, identity);
        return identity;
    }

    private (NodeIdentity? Found, string? Problem) TryLoadIdentity()
    {
        try
        {
            var found = IdentityFile.Load(Files);
            return (found, found is null && Files.List().Any(IsData) ? "There are log files, but no identity." : null);
        }
        catch (StorageCorruptedException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Moves everything but the quarantine itself to a folder where nothing touches it any more.</summary>
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
}
