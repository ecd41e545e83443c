namespace Cloudkeeper.Hosting;

/// <summary>Reads what another process has answered, and no more of it than was agreed.</summary>
/// <remarks>
/// For answers whose head was awaited alone; the others are bounded by the client
/// (<see cref="Http2Client.Create"/>).
/// </remarks>
public static class BoundedAnswer
{
    /// <summary>Answers about members and the like, as JSON: a few hundred bytes a member.</summary>
    public const int JsonBytesMax = 64 << 10;

    /// <summary>Lists that grow with the number of processes: the members with their state, the gateways.</summary>
    public const int ListBytesMax = 1 << 20;

    /// <exception cref="HttpRequestException">The body is longer, or breaks off.</exception>
    public static async Task<byte[]> ReadAsync(HttpContent content, int bytesMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        await content.LoadIntoBufferAsync(bytesMax, cancellationToken);
        return await content.ReadAsByteArrayAsync(cancellationToken);
    }
}
