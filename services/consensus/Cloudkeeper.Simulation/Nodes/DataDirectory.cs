using Cloudkeeper.Raft;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// The data directory of a node as far as it says who the node is, with the steps of the real one: each is durable before
/// the next begins. What is damaged is thrown away instead of being put aside.
/// </summary>
internal sealed class DataDirectory
{
    private readonly Func<Guid> _draw;

    /// <param name="draw">A new instance.</param>
    public DataDirectory(IFileSystem files, Func<Guid> draw)
    {
        Files = files;
        _draw = draw;
        Quarantine = LoadQuarantine();
        Identity = LoadIdentity();
    }

    public IFileSystem Files { get; }

    /// <summary>Of the member that this directory belongs to; in quarantine, of the one that it belonged to.</summary>
    public NodeIdentity Identity { get; private set; }

    /// <summary>Null unless the directory is damaged.</summary>
    public Quarantine? Quarantine { get; private set; }

    /// <summary>Under which the node speaks.</summary>
    public Guid Instance => Quarantine?.Successor ?? Identity.Instance;

    public bool IsMember => Quarantine is null && Identity.IsMember;

    public Quarantine BeginQuarantine(string reason)
    {
        var quarantine = new Quarantine(_draw(), reason);
        QuarantineFile.Save(Files, quarantine);
        return Quarantine = quarantine;
    }

    /// <summary>Makes room for the log of a new member.</summary>
    public void MakeRoom() => Delete(name =>
        name != QuarantineFile.Name && (name != IdentityFile.Name || Identity.IsMember));

    /// <summary>The log is there: from now on the directory is this member's.</summary>
    public void Complete(Guid cluster, NodeId node)
    {
        var identity = new NodeIdentity(cluster, node) { Instance = Instance };
        IdentityFile.Save(Files, identity);
        Identity = identity;
        QuarantineFile.Delete(Files);
        Quarantine = null;
    }

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

        if (found is not null)
        {
            return found;
        }

        if (problem is not null)
        {
            Quarantine ??= BeginQuarantine(problem);
            Delete(static name => name != QuarantineFile.Name);
        }

        var identity = NodeIdentity.WithoutCluster(Quarantine?.Successor ?? _draw());
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

    private static bool IsData(string name) =>
        name.StartsWith("log-", StringComparison.Ordinal) || name.StartsWith("snapshot-", StringComparison.Ordinal);

    private void Delete(Func<string, bool> isMeant)
    {
        foreach (var name in Files.List().Where(isMeant).ToList())
        {
            Files.Delete(name);
        }

        Files.SyncDirectory();
    }
}
