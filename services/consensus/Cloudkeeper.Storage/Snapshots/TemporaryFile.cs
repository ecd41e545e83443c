namespace Cloudkeeper.Storage;

/// <summary>A file that is deleted unless it is published.</summary>
internal sealed class TemporaryFile(IFileSystem files, string name) : IDisposable
{
    private bool _open = true;

    public string Name { get; } = name;

    public IStorageFile File { get; } = files.Open(name, FileOpening.CreateNew);

    /// <summary>Makes content and name durable, in this order.</summary>
    public void Publish(string finalName)
    {
        File.FullSync();
        File.Dispose();
        _open = false;
        files.Publish(Name, finalName);
    }

    public void Dispose()
    {
        if (_open)
        {
            _open = false;
            File.Dispose();
            files.Delete(Name);
        }
    }
}
