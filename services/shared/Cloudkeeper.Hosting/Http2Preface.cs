using System.Buffers;
using System.IO.Pipelines;

namespace Cloudkeeper.Hosting;

/// <summary>
/// The 24 bytes with which every HTTP/2 connection begins (RFC 9113, 3.4). They were chosen so that no HTTP/1.1
/// request begins like that: the first byte that differs decides.
/// </summary>
internal static class Http2Preface
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>True or false once the bytes decide it, null while more of them are needed.</summary>
    public static bool? Match(ReadOnlySequence<byte> start)
    {
        Span<byte> head = stackalloc byte[Preface.Length];
        head = head[..(int)Math.Min(start.Length, head.Length)];
        start.Slice(0, head.Length).CopyTo(head);
        return head.SequenceEqual(Preface[..head.Length]) ? (head.Length == Preface.Length ? true : null) : false;
    }

    /// <summary>
    /// Reads until the first bytes decide, and leaves them all to the next reader. A connection that ends undecided is
    /// not HTTP/2.
    /// </summary>
    /// <param name="input">The connection's bytes; none are consumed.</param>
    /// <param name="deadline">Ends the wait for the first byte.</param>
    /// <param name="timeout">From the first byte on: how long the rest of the preface may take.</param>
    public static async ValueTask<bool> PeekAsync(PipeReader input, CancellationTokenSource deadline, TimeSpan timeout)
    {
        var result = await input.ReadAsync(deadline.Token);
        if (Match(result.Buffer) is null)
        {
            // Armed once, not for each byte: a sender of single bytes gains nothing.
            deadline.CancelAfter(timeout);
        }

        while (Match(result.Buffer) is null && !result.IsCompleted)
        {
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            result = await input.ReadAsync(deadline.Token);
        }

        var isHttp2 = Match(result.Buffer) ?? false;
        input.AdvanceTo(result.Buffer.Start);
        return isHttp2;
    }
}
