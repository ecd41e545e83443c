namespace Cloudkeeper.Simulation;

/// <summary>The names of the simulated files: as the running system sees them, and as a crash may leave them.</summary>
internal sealed class SimulatedDirectory
{
    private readonly SortedDictionary<string, SimulatedInode> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimulatedInode> _durable = new(StringComparer.Ordinal);
    private readonly List<Change> _unsynced = [];

    public IReadOnlyCollection<string> Names => _names.Keys;

    public IEnumerable<SimulatedInode> Files => _names.Values;

    public SimulatedInode? Find(string name) => _names.GetValueOrDefault(name);

    public void Add(string name, SimulatedInode inode) => Do(new Change(null, name, inode));

    public void Rename(string name, string newName) => Do(new Change(name, newName, _names[name]));

    public void Delete(string name) => Do(new Change(name, null, _names[name]));

    public void Sync()
    {
        _unsynced.ForEach(c => c.Apply(_durable));
        _unsynced.Clear();
    }

    public void SyncPartly(Random random)
    {
        for (var left = random.Next(_unsynced.Count + 1); left > 0; left--)
        {
            var at = random.Next(_unsynced.Count);
            _unsynced[at].Apply(_durable);
            _unsynced.RemoveAt(at);
        }
    }

    /// <summary>The directory after a crash: each change since the last sync is kept or lost, independently.</summary>
    public SimulatedDirectory AfterCrash(Random random)
    {
        var names = new SortedDictionary<string, SimulatedInode>(_durable, StringComparer.Ordinal);
        foreach (var change in _unsynced.Where(_ => random.Next(2) == 0))
        {
            change.Apply(names);
        }

        var after = new SimulatedDirectory();
        foreach (var (name, inode) in names)
        {
            after._names[name] = after._durable[name] = inode.AfterCrash(random);
        }

        return after;
    }

    public SimulatedDirectory Fork()
    {
        var copies = new Dictionary<SimulatedInode, SimulatedInode>(ReferenceEqualityComparer.Instance);
        var fork = new SimulatedDirectory();
        foreach (var (name, inode) in _names)
        {
            fork._names[name] = CopyOf(inode);
        }

        foreach (var (name, inode) in _durable)
        {
            fork._durable[name] = CopyOf(inode);
        }

        fork._unsynced.AddRange(_unsynced.Select(c => c with { Inode = CopyOf(c.Inode) }));
        return fork;

        SimulatedInode CopyOf(SimulatedInode inode)
        {
            if (!copies.TryGetValue(inode, out var copy))
            {
                copies[inode] = copy = inode.Fork();
            }

            return copy;
        }
    }

    private void Do(Change change)
    {
        change.Apply(_names);
        _unsynced.Add(change);
    }

    /// <summary>A file gets a name, loses one, or (atomically) both.</summary>
    private sealed record Change(string? OldName, string? NewName, SimulatedInode Inode)
    {
        public void Apply(SortedDictionary<string, SimulatedInode> names)
        {
            if (OldName is not null && names.TryGetValue(OldName, out var current) && current == Inode)
            {
                names.Remove(OldName);
            }

            if (NewName is not null)
            {
                names[NewName] = Inode;
            }
        }
    }
}
