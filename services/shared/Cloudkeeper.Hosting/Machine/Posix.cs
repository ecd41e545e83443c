using System.Runtime.InteropServices;

namespace Cloudkeeper.Hosting.Machine;

/// <summary>System calls that .NET has no name for.</summary>
internal static partial class Posix
{
    private const int AlreadyThere = 17;

    // statx(2): its layout is the same on every architecture, other than that of stat.
    private const int RelativeToWorkingDirectory = -100;
    private const uint OwnerIsMeant = 0x8;
    private const int StatusBytes = 256;
    private const int OwnerOffset = 20;

    private const int OpenDescriptors = 7;

    private const int MayWrite = 2;
    private const int MaySearch = 1;
    private const int AsEffectiveUser = 0x200;

    /// <summary>Gives a file a second name; false: something has that name already.</summary>
    /// <exception cref="IOException">It cannot be done here.</exception>
    public static bool TryLink(string path, string newPath)
    {
        if (Link(path, newPath) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == AlreadyThere ? false : throw Error("link", newPath, error);
    }

    /// <summary>The user that this process acts as.</summary>
    public static uint UserId => GetEffectiveUserId();

    /// <summary>The user that a file belongs to.</summary>
    public static uint OwnerOf(string path)
    {
        var status = new byte[StatusBytes];
        return Status(RelativeToWorkingDirectory, path, 0, OwnerIsMeant, status) == 0
            ? BitConverter.ToUInt32(status, OwnerOffset)
            : throw Error("statx", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>How many descriptors this process may have open; the runtime has raised it as far as it may already.</summary>
    public static long DescriptorLimit => GetLimit(OpenDescriptors, out var limit) == 0
        ? (long)Math.Min(limit.Current, int.MaxValue)
        : throw Error("getrlimit", "RLIMIT_NOFILE", Marshal.GetLastPInvokeError());

    /// <summary>Why files cannot be made in a directory, as the system's error number; 0: they can.</summary>
    public static int ErrorOfMakingIn(string directory) =>
        Access(RelativeToWorkingDirectory, directory, MayWrite | MaySearch, AsEffectiveUser) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Takes rights from all files and directories that this process and its children make from now on.</summary>
    public static void SetFileModeMask(UnixFileMode taken) => _ = SetMask((uint)taken);

    private static IOException Error(string call, string path, int error) =>
        new($"{call} of {path}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Link(string path, string newPath);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Status(int folder, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Access(int folder, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetLimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint SetMask(uint mask);

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Current;
        public ulong Most;
    }
}
