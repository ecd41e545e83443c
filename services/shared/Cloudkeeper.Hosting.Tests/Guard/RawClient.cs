using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cloudkeeper.Hosting.Tests.Guard;

/// <summary>An answer to a request that no client of .NET would send.</summary>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    /// <summary>Sends the text, which has to ask for the connection's end, and reads until that.</summary>
    public static async Task<RawAnswer> ExchangeAsync(Uri server, string request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
        return Parse(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    public bool Has(string header) =>
        Head.Contains($"\r\n{header}\r\n", StringComparison.Ordinal);

    private static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2;
        return new RawAnswer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[..end], text[(end + 2)..]);
    }
}
