using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudkeeper.Storage;

/// <summary>The system calls that .NET hides or softens: its own flush swallows EROFS and EINVAL (bug B-41).</summary>
internal static partial class Libc
{
    public const int NoSpace = 28;
    public const int QuotaExceeded = 122;

    private const int Interrupted = 4;
    private const int NoMemory = 12;
    private const int NoHandleOnMachine = 23;
    private const int NoHandleInProcess = 24;
    private const int WouldBlock = 11;
    private const int NotSupported = 95;
    private const int OpenCloseOnExec = 0x80000;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;

    /// <summary>Whether opening something failed for want of a descriptor: nothing has happened, and later there may be one.</summary>
    public static bool IsShortOfHandles(IOException error) =>
        error.HResult is NoMemory or NoHandleOnMachine or NoHandleInProcess;

    /// <summary>Opens a directory for <see cref="FullSync"/>; .NET's own file handles refuse directories.</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        int descriptor;
        do
        {
            descriptor = Open(path, OpenCloseOnExec);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Error("open", path);
    }

    public static void DataSync(SafeFileHandle handle, string path)
    {
        while (FDataSync(handle) != 0)
        {
            RetryOnlyIfInterrupted("fdatasync", path);
        }
    }

    public static void FullSync(SafeFileHandle handle, string path)
    {
        while (FSync(handle) != 0)
        {
            RetryOnlyIfInterrupted("fsync", path);
        }
    }

    /// <summary>Reserves blocks and extends the file; false: this kind of file system cannot.</summary>
    public static bool TryAllocate(SafeFileHandle handle, long length, string path)
    {
        while (FAllocate(handle, 0, 0, length) != 0)
        {
            if (Marshal.GetLastPInvokeError() == NotSupported)
            {
                return false;
            }

            RetryOnlyIfInterrupted("fallocate", path);
        }

        return true;
    }

    /// <summary>
    /// Takes the lock that a file gives to one open handle on the machine; false: another one has it.
    /// </summary>
    public static bool TryLock(SafeFileHandle handle, string path)
    {
        while (FLock(handle, LockExclusive | LockNonBlocking) != 0)
        {
            if (Marshal.GetLastPInvokeError() == WouldBlock)
            {
                return false;
            }

            RetryOnlyIfInterrupted("flock", path);
        }

        return true;
    }

    private static void RetryOnlyIfInterrupted(string call, string path)
    {
        if (Marshal.GetLastPInvokeError() != Interrupted)
        {
            throw Error(call, path);
        }
    }

    /// <summary>
    /// The error number goes where .NET's own I/O errors have it: into <see cref="Exception.HResult"/>.
    /// </summary>
    private static IOException Error(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} of {path}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FAllocate(SafeFileHandle handle, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle handle, int operation);
}
