using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>All files of a directory as bytes: to damage them and to see what recovery makes of it.</summary>
internal sealed class DiskImage
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _files.Keys;

    public byte[] this[string name]
    {
        get => _files[name];
        set => _files[name] = value;
    }

    public static DiskImage Of(IFileSystem files)
    {
        var image = new DiskImage();
        foreach (var name in files.List())
        {
            using var file = files.Open(name, FileOpening.Existing);
            image[name] = new byte[file.Length];
            file.Read(0, image[name]);
        }

        return image;
    }

    /// <summary>A copy with one file changed.</summary>
    public DiskImage With(string name, Func<byte[], byte[]> change)
    {
        var copy = new DiskImage();
        foreach (var (key, bytes) in _files)
        {
            copy[key] = key == name ? change([.. bytes]) : bytes;
        }

        return copy;
    }

    public DiskImage Without(string name)
    {
        var copy = With(name, b => b);
        copy._files.Remove(name);
        return copy;
    }

    public DiskImage WithBitFlipped(string name, long bit) => With(name, bytes =>
    {
        bytes[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return bytes;
    });

    public DiskImage Swapped(string one, string other)
    {
        var swapped = With(one, _ => _files[other]);
        swapped[other] = _files[one];
        return swapped;
    }

    public SimulatedFileSystem ToDisk()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        foreach (var (name, bytes) in _files)
        {
            using var file = disk.Open(name, FileOpening.CreateNew);
            file.Write(0, bytes);
            file.FullSync();
        }

        disk.SyncDirectory();
        return disk;
    }
}
