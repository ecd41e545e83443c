using Microsoft.Win32.SafeHandles;

namespace Cloudkeeper.Storage;

/// <summary>A directory on a local Linux file system, held exclusively as long as this object lives.</summary>
/// <remarks>
/// Different files may be used from different threads at the same time. One failed sync ends all of it.
/// </remarks>
public sealed class PhysicalFileSystem : IFileSystem, IDisposable
{
    private const string LockName = "LOCK";

    /// <summary>The cluster's data is in there: no other user of the machine may read it.</summary>
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode PrivateFolder = PrivateFile | UnixFileMode.UserExecute;

    private readonly FailureLatch _failures = new();
    private readonly string _directory;
    private readonly SafeFileHandle _directoryHandle;
    private readonly SafeFileHandle _lock;

    /// <param name="directory">Made when it is not there.</param>
    /// <exception cref="StorageFailedException">Another process has the directory, or it cannot be used.</exception>
    public PhysicalFileSystem(string directory)
    {
        _directory = Path.GetFullPath(directory);
        try
        {
            CreateDurably(_directory);
            _directoryHandle = Libc.OpenDirectory(_directory);
            _lock = TakeLock(_directory);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            _directoryHandle?.Dispose();
            throw new StorageFailedException($"The data directory {_directory} cannot be used: {e.Message}", e);
        }
    }

    public long FreeBytes
    {
        get
        {
            _failures.ThrowIfFailed();
            return new DriveInfo(_directory).AvailableFreeSpace;
        }
    }

    public IStorageFile Open(string name, FileOpening opening)
    {
        _failures.ThrowIfFailed();
        var path = PathOf(name);
        try
        {
            var mode = opening == FileOpening.CreateNew ? FileMode.CreateNew : FileMode.Open;
            var handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (opening == FileOpening.CreateNew)
            {
                File.SetUnixFileMode(handle, PrivateFile);
            }

            return new PhysicalFile(path, handle, _failures);
        }
        catch (IOException e) when (Libc.IsShortOfHandles(e))
        {
            throw new StorageFullException($"No handle for opening {path}: {e.Message}", e);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e) && e is not FileNotFoundException)
        {
            throw _failures.Translate(e, "opening of " + path);
        }
    }

    public IReadOnlyList<string> List()
    {
        _failures.ThrowIfFailed();
        try
        {
            var names = new List<string>();
            foreach (var path in Directory.EnumerateFiles(_directory))
            {
                if (Path.GetFileName(path) is var name && name != LockName)
                {
                    names.Add(name);
                }
            }

            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (IOException e) when (Libc.IsShortOfHandles(e))
        {
            throw new StorageFullException($"No handle for listing {_directory}: {e.Message}", e);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw _failures.Fail(e, "listing of " + _directory);
        }
    }

    public void Rename(string name, string newName)
    {
        _failures.ThrowIfFailed();
        try
        {
            File.Move(PathOf(name), PathOf(newName), overwrite: true);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw _failures.Translate(e, $"renaming of {name} to {newName}");
        }
    }

    public void Delete(string name)
    {
        _failures.ThrowIfFailed();
        try
        {
            File.Delete(PathOf(name));
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw _failures.Fail(e, "deletion of " + name);
        }
    }

    public void SyncDirectory()
    {
        _failures.ThrowIfFailed();
        try
        {
            Libc.FullSync(_directoryHandle, _directory);
        }
        catch (IOException e)
        {
            throw _failures.Fail(e, "sync of " + _directory);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        _directoryHandle.Dispose();
    }

    private static void CreateDurably(string directory)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        var parent = Path.GetDirectoryName(directory)
            ?? throw new IOException($"{directory} has no parent directory");
        CreateDurably(parent);
        Directory.CreateDirectory(directory, PrivateFolder);
        using var handle = Libc.OpenDirectory(parent);
        Libc.FullSync(handle, parent);
    }

    private static SafeFileHandle TakeLock(string directory)
    {
        var path = Path.Combine(directory, LockName);
        var isNew = !File.Exists(path);
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        try
        {
            if (isNew)
            {
                File.SetUnixFileMode(handle, PrivateFile);
            }

            return Libc.TryLock(handle, path) ? handle : throw new IOException("another process is using it");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private string PathOf(string name)
    {
        if (name.Length == 0 || name != Path.GetFileName(name) || name == LockName)
        {
            throw new ArgumentException($"Not a plain file name: '{name}'.", nameof(name));
        }

        return Path.Combine(_directory, name);
    }
}
