using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Cloudkeeper.Cluster.Tests.Parsers;

/// <summary>Sends bytes as they are, and reads until the server ends the connection.</summary>
internal static class RawExchange
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<RawAnswer> SendAsync(Uri server, string request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, limit.Token);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request), limit.Token);
        return RawAnswer.Parse(await ReadAsync(socket, limit.Token));
    }

    private static async Task<string> ReadAsync(Socket socket, CancellationToken stopping)
    {
        var answer = new StringBuilder();
        var buffer = new byte[16 << 10];
        try
        {
            while (await socket.ReceiveAsync(buffer, stopping) is > 0 and var count)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The server had more to read than it wanted to: its answer before counts.
        }

        return answer.ToString();
    }
}

/// <summary>What a client makes of an answer.</summary>
/// <param name="Status">0: there was none.</param>
/// <param name="Code">Of its problem document; empty if it is none.</param>
/// <param name="Headers">Names as they were written, with their values.</param>
internal sealed record RawAnswer(int Status, string Code, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    private const string CodeMember = "\"code\":\"";

    public static RawAnswer Parse(string text)
    {
        while (text.StartsWith("HTTP/1.1 1", StringComparison.Ordinal) && !text.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            text = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        }

        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return new RawAnswer(0, "", [], text);
        }

        var lines = text[..end].Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).Select(parts => (parts[0], parts[1])).ToArray();
        var body = text[(end + 4)..];
        return new RawAnswer(int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture), CodeOf(body), headers, body);
    }

    /// <summary>Names of headers that do not belong to the connection, sorted.</summary>
    public IEnumerable<string> Names => Headers.Select(header => header.Name)
        .Where(name => name is not ("Connection" or "Date" or "Transfer-Encoding" or "Content-Length"))
        .Order(StringComparer.Ordinal);

    public string Header(string name) => string.Join(", ", Headers.Where(header => header.Name == name).Select(header => header.Value));

    private static string CodeOf(string body)
    {
        var start = body.IndexOf(CodeMember, StringComparison.Ordinal);
        return start < 0 ? "" : body[(start + CodeMember.Length)..].Split('"')[0];
    }
}
