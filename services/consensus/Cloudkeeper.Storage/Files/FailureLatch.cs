namespace Cloudkeeper.Storage;

/// <summary>Remembers the first failure of the disk; after it every operation fails (rule R3).</summary>
internal sealed class FailureLatch
{
    private volatile Exception? _failure;

    public void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new StorageFailedException("The storage has failed before: " + failure.Message, failure);
        }
    }

    /// <summary>Turns an error of the operating system into one of ours; all but "no room" are final.</summary>
    public StorageException Translate(Exception error, string operation)
    {
        if (error is IOException { HResult: Libc.NoSpace or Libc.QuotaExceeded })
        {
            return new StorageFullException($"No room on disk for {operation}.", error);
        }

        return Fail(error, operation);
    }

    public StorageFailedException Fail(Exception error, string operation)
    {
        _failure ??= error;
        return new StorageFailedException($"The storage failed at {operation}: {error.Message}", error);
    }

    public static bool IsOfTheWorld(Exception error) => error is IOException or UnauthorizedAccessException;
}
