namespace Cloudkeeper.Hosting;

/// <summary>Reads the answer of another process, up to the agreed number of bytes.</summary>
/// <remarks>
/// For calls that awaited only the head; the client bounds the others (<see cref="Http2Client.Create"/>).
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
