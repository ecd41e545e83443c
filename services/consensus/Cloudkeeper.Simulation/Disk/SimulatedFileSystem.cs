using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation;

/// <summary>A disk in memory that loses at a crash all that the real one may lose.</summary>
/// <remarks>
/// Writes, lengths, creations, renames and deletions are visible at once and durable only after the sync that stands
/// for them. At a crash each of those still waiting is kept, lost or torn (by bytes and by sectors of 512),
/// by the generator of random numbers, independently of the others. Deterministic; one thread.
/// </remarks>
public sealed class SimulatedFileSystem : IFileSystem
{
    private readonly Random _random;
    private readonly SimulatedDirectory _directory;
    private bool _isDown;

    public SimulatedFileSystem(Random random)
        : this(random, new SimulatedDirectory())
    {
    }

    private SimulatedFileSystem(Random random, SimulatedDirectory directory)
    {
        _random = random;
        _directory = directory;
    }

    /// <summary>Decides the outcome of each operation that changes the disk.</summary>
    public Func<DiskOperationInfo, DiskFault> Inject { get; set; } = _ => DiskFault.None;

    /// <summary>Size of the disk in bytes; a file takes its length.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>How many operations that change the disk there have been.</summary>
    public long OperationCount { get; private set; }

    /// <summary>Length of all files.</summary>
    public long UsedBytes => _directory.Files.Sum(f => f.Length);

    public long FreeBytes => CapacityBytes == long.MaxValue ? long.MaxValue : Math.Max(0, CapacityBytes - UsedBytes);

    public IStorageFile Open(string name, FileOpening opening)
    {
        ThrowIfDown(name);
        var inode = _directory.Find(name);
        if (opening == FileOpening.Existing)
        {
            return new SimulatedFile(this, name, inode ?? throw new FileNotFoundException(null, name));
        }

        if (inode is not null)
        {
            throw new StorageFailedException($"There is a file {name} already.");
        }

        inode = new SimulatedInode();
        Run(DiskOperation.Create, name, () => _directory.Add(name, inode), wantsSpace: true);
        return new SimulatedFile(this, name, inode);
    }

    public IReadOnlyList<string> List()
    {
        ThrowIfDown("list");
        return [.. _directory.Names];
    }

    public void Rename(string name, string newName)
    {
        Find(name);
        Run(DiskOperation.Rename, name, () => _directory.Rename(name, newName));
    }

    public void Delete(string name)
    {
        Find(name);
        Run(DiskOperation.Delete, name, () => _directory.Delete(name));
    }

    public void SyncDirectory() => Run(
        DiskOperation.SyncDirectory, "", _directory.Sync, () => _directory.SyncPartly(_random));

    /// <summary>
    /// The power goes off: returns the disk as the next start finds it; this object is of no more use, but can be
    /// asked again for another image of the same crash.
    /// </summary>
    public SimulatedFileSystem Crash(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        _isDown = true;
        return new SimulatedFileSystem(random, _directory.AfterCrash(random)) { CapacityBytes = CapacityBytes };
    }

    /// <summary>
    /// A copy with all that waits for a sync still waiting: the disk of a process whose predecessor was killed while
    /// the machine went on.
    /// </summary>
    public SimulatedFileSystem Fork(Random random) =>
        new(random, _directory.Fork()) { CapacityBytes = CapacityBytes };

    /// <summary>Bytes of a file change by themselves. Null: it has none.</summary>
    /// <returns>Where.</returns>
    public long? Rot(string name, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return _directory.Find(name)?.Rot(random);
    }

    internal void ThrowIfDown(string file)
    {
        if (_isDown)
        {
            throw new SimulatedCrashException("use after the crash of " + file);
        }
    }

    internal void RequireFree(long bytes, string file)
    {
        if (bytes > FreeBytes)
        {
            throw new StorageFullException($"No room for {bytes} bytes of {file}.");
        }
    }

    /// <summary>Runs one operation under the fault injection.</summary>
    /// <param name="partly">The part of it that a crash in the middle leaves; null: all.</param>
    /// <param name="onError">The effect of an error; null: nothing.</param>
    /// <param name="onFull">The effect of an operation that finds no more room on its way; null: nothing.</param>
    /// <param name="wantsSpace">Whether a full disk can stop it.</param>
    internal void Run(
        DiskOperation operation,
        string file,
        Action run,
        Action? partly = null,
        Action? onError = null,
        Action? onFull = null,
        bool wantsSpace = false)
    {
        ThrowIfDown(file);
        var fault = Inject(new DiskOperationInfo(++OperationCount, operation, file));
        switch (fault)
        {
            case DiskFault.CrashBefore:
                throw PowerOff(operation, file);
            case DiskFault.CrashDuring:
                (partly ?? run)();
                throw PowerOff(operation, file);
            case DiskFault.CrashAfter:
                run();
                throw PowerOff(operation, file);
            case DiskFault.Error:
                onError?.Invoke();
                throw new StorageFailedException($"Injected EIO: {operation} of {file}.");
            case DiskFault.Full when wantsSpace:
                onFull?.Invoke();
                throw new StorageFullException($"Injected ENOSPC: {operation} of {file}.");
            default:
                run();
                break;
        }
    }

    internal void Sync(SimulatedInode inode, string file) => Run(
        DiskOperation.Sync, file, inode.Sync, () => inode.SyncPartly(_random), inode.ForgetUnsynced);

    private SimulatedCrashException PowerOff(DiskOperation operation, string file)
    {
        _isDown = true;
        return new SimulatedCrashException($"{operation} of {file}, operation {OperationCount}");
    }

    private void Find(string name)
    {
        ThrowIfDown(name);
        if (_directory.Find(name) is null)
        {
            throw new StorageFailedException($"No file {name}.");
        }
    }
}
