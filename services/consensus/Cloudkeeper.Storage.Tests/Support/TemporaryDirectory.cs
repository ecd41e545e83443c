namespace Cloudkeeper.Storage.Tests;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cloudkeeper-storage-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
