using System.Net.Sockets;

namespace Cloudkeeper.Hosting.Machine;

/// <summary>Which descriptors of a process sockets may take, so that files and assemblies always find one.</summary>
/// <remarks>
/// A new descriptor has the lowest number that is free. Where no socket keeps a number above some bound, the numbers
/// above it are free for descriptors without such a bound: files, and assemblies. The runtime keeps each of these open
/// from its first use on, a quarter of a small limit in all, and ends the process ("Out of memory.") when it finds no
/// descriptor for one.
/// </remarks>
/// <param name="limit">Descriptors that the process may have: <c>ulimit -n</c>.</param>
internal sealed class Descriptors(long limit)
{
    private const long ReserveLeast = 128;
    private const long ReserveMost = 1024;

    /// <summary>Out of the clients' reach: a quarter of the limit, which need not be more than 1,024.</summary>
    private readonly long _reserve = Math.Clamp(limit / 4, ReserveLeast, ReserveMost);

    public static Descriptors OfProcess { get; } = new(Posix.DescriptorLimit);

    public long Limit => limit;

    /// <summary>Clients are accepted as long as their connections have smaller numbers.</summary>
    public long AcceptBound => limit - _reserve;

    /// <summary>Connections to other processes may take one half of the reserve, and leave the rest to files.</summary>
    public long DialBound => limit - (_reserve / 2);

    public bool MayAccept(Socket socket) => socket.Handle < AcceptBound;

    public bool MayDial(Socket socket) => socket.Handle < DialBound;
}
