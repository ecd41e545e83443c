using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The identity of a data directory, and the steps by which it changes.</summary>
/// <remarks>
/// Each step is durable before the next, so that a crash between two of them is only taken up again:
/// <code>
///   empty      identity with an instance           before any other node is called
///   member     log, then identity with cluster     its owner writes the log between MakeRoom and Complete
///   damaged    quarantine with the successor's instance; once the cluster has accepted the successor, everything is put
///              aside, a new log and identity begin, and the quarantine ends
/// </code>
/// </remarks>
public sealed class DirectoryOwner
{
    private readonly IFileSystem _files;
    private readonly Func<Guid> _draw;
    private readonly Action _putAside;

    /// <param name="draw">Draws an instance.</param>
    /// <param name="putAside">
    /// Takes all files but <see cref="QuarantineFile.Name"/> out of the directory, durably; the evidence is the
    /// shell's.
    /// </param>
    /// <exception cref="StorageException">The directory cannot be used.</exception>
    public DirectoryOwner(IFileSystem files, Func<Guid> draw, Action putAside)
    {
        ArgumentNullException.ThrowIfNull(files);
        _files = files;
        _draw = draw;
        _putAside = putAside;
        Quarantine = LoadQuarantine();
        Identity = LoadIdentity();
    }

    /// <summary>Of the node that this directory belongs to; in quarantine, of the one that it belonged to.</summary>
    public NodeIdentity Identity { get; private set; }

    /// <summary>Null unless the directory is damaged.</summary>
    public Quarantine? Quarantine { get; private set; }

    /// <summary>Under which the node opens streams.</summary>
    public Guid Instance => Quarantine?.Successor ?? Identity.Instance;

    /// <summary>It may take part with its data.</summary>
    public bool IsMember => Quarantine is null && Identity.IsMember;

    /// <summary>From now on, and after every restart, the node does not vote with this data.</summary>
    public Quarantine BeginQuarantine(string reason)
    {
        var quarantine = new Quarantine(_draw(), reason);
        QuarantineFile.Save(_files, quarantine);
        return Quarantine = quarantine;
    }

    /// <summary>
    /// Makes room for the log of a new member: damaged files are put aside, those of an unfinished start go.
    /// </summary>
    public void MakeRoom()
    {
        if (Identity.IsMember)
        {
            Invariant.Require(Quarantine is not null);
            _putAside();
            return;
        }

        // The identity is completed last: no replica has ever run with these files.
        foreach (var name in _files.List().Where(IsData).ToList())
        {
            _files.Delete(name);
        }

        _files.SyncDirectory();
    }

    /// <summary>The log is there: from now on the directory is this member's.</summary>
    public void Complete(Guid cluster, NodeId node)
    {
        var identity = new NodeIdentity(cluster, node) { Instance = Instance };
        IdentityFile.Save(_files, identity);
        Identity = identity;
        EndQuarantine();
    }

    private static bool IsData(string name) =>
        name.StartsWith("log-", StringComparison.Ordinal) || name.StartsWith("snapshot-", StringComparison.Ordinal);

    private void EndQuarantine()
    {
        QuarantineFile.Delete(_files);
        Quarantine = null;
    }

    private Quarantine? LoadQuarantine()
    {
        try
        {
            return QuarantineFile.Load(_files);
        }
        catch (StorageCorruptedException e)
        {
            return BeginQuarantine(e.Message);
        }
    }

    private NodeIdentity LoadIdentity()
    {
        var (found, problem) = TryLoadIdentity();
        if (found is { Instance: var instance } && instance != Guid.Empty)
        {
            SettleQuarantine(found);
            return found;
        }

        if (found is null && problem is not null)
        {
            // Its identity is unknown: it can only come back as a new member.
            Quarantine ??= BeginQuarantine(problem);
            _putAside();
        }

        // A member of version 1 has no instance of its own yet, and never becomes its own successor.
        var identity = found is not null
            ? found with { Instance = _draw() }
            : NodeIdentity.WithoutCluster(Quarantine?.Successor ?? _draw());
        IdentityFile.Save(_files, identity);
        return identity;
    }

    /// <summary>Where a crash, or a quarantine that was damaged in its turn, has left the two files in disagreement.</summary>
    private void SettleQuarantine(NodeIdentity found)
    {
        if (Quarantine is not { } quarantine)
        {
            return;
        }

        if (found.IsMember && found.Instance == quarantine.Successor)
        {
            // All steps were done but this.
            EndQuarantine();
        }
        else if (!found.IsMember && found.Instance != quarantine.Successor)
        {
            // The successor has drawn its instance, and may have used it: it is not drawn a second time.
            Quarantine = quarantine with { Successor = found.Instance };
            QuarantineFile.Save(_files, Quarantine);
        }
    }

    private (NodeIdentity? Found, string? Problem) TryLoadIdentity()
    {
        try
        {
            var found = IdentityFile.Load(_files);
            return (found, found is null && _files.List().Any(IsData) ? "There are log files, but no identity." : null);
        }
        catch (StorageCorruptedException e)
        {
            return (null, e.Message);
        }
    }
}
