using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Browsers;

/// <summary>
/// A real Chromium without a screen, driven over the DevTools protocol: JSON over one WebSocket, each message a
/// command with a number, its answer, or an event.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _profile;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _commands = new();
    private readonly SemaphoreSlim _sending = new(1);
    private Task _reading = Task.CompletedTask;
    private int _lastCommand;

    private Chromium(string profile, Process process)
    {
        _profile = profile;
        _process = process;
    }

    /// <summary>Receives events: the method, its parameters, and the session that it belongs to.</summary>
    public Action<string, JsonElement, string?>? Happened { get; set; }

    /// <param name="hosts">Names that lead to 127.0.0.1.</param>
    public static async Task<Chromium> StartAsync(params string[] hosts)
    {
        var profile = Directory.CreateTempSubdirectory("cloudkeeper-chromium-").FullName;
        var start = new ProcessStartInfo("chromium")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            // Frames of other sites belong to their page's process, and many of them are no attack on the browser.
            "--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process", "--disable-ipc-flooding-protection",
            "--mute-audio", "--remote-debugging-port=0", $"--user-data-dir={profile}",
            $"--host-resolver-rules={string.Join(", ", hosts.Select(host => $"MAP {host} 127.0.0.1"))}", "about:blank",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var browser = new Chromium(profile, Process.Start(start)!);
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    public async Task<JsonElement> SendAsync(string method, JsonObject? parameters = null, string? session = null)
    {
        var id = Interlocked.Increment(ref _lastCommand);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands[id] = answer;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (session is not null)
        {
            message["sessionId"] = session;
        }

        await _sending.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await _socket.SendAsync(
                JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _socket.Dispose();
        _process.Dispose();
        _sending.Dispose();
        _end.Dispose();

        // Its children are killed, and perhaps not gone yet.
        await Command.RunAsync("rm", ["-rf", _profile]);
    }

    private async Task ConnectAsync()
    {
        _process.OutputDataReceived += static (_, _) => { };
        var said = new ConcurrentQueue<string>();
        _process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        // Two lines: the port, and the path of the browser's own end.
        var file = Path.Combine(_profile, "DevToolsActivePort");
        string[] lines = [];
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(_process.HasExited, string.Join('\n', said));
                lines = File.Exists(file) ? await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken) : [];
                return lines.Length >= 2;
            },
            Limit,
            "Chromium listens");
        var port = int.Parse(lines[0], CultureInfo.InvariantCulture);
        await _socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}{lines[1]}"), TestContext.Current.CancellationToken);
        _reading = ReadAsync(_end.Token);
    }

    private async Task ReadAsync(CancellationToken end)
    {
        try
        {
            var message = new MemoryStream();
            var chunk = new byte[64 << 10];
            while (true)
            {
                var part = await _socket.ReceiveAsync(chunk.AsMemory(), end);
                message.Write(chunk.AsSpan(0, part.Count));
                if (part.EndOfMessage)
                {
                    Handle(JsonDocument.Parse(message.ToArray()).RootElement);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            foreach (var command in _commands.Values)
            {
                command.TrySetException(new IOException("Chromium has ended.", e));
            }
        }
    }

    private void Handle(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id))
        {
            if (_commands.TryRemove(id.GetInt32(), out var command))
            {
                Complete(command, message);
            }
        }
        else
        {
            var session = message.TryGetProperty("sessionId", out var of) ? of.GetString() : null;
            Happened?.Invoke(message.GetProperty("method").GetString()!, message.GetProperty("params"), session);
        }
    }

    private static void Complete(TaskCompletionSource<JsonElement> command, JsonElement message)
    {
        if (message.TryGetProperty("error", out var error))
        {
            command.TrySetException(new InvalidOperationException(error.GetRawText()));
        }
        else
        {
            command.TrySetResult(message.GetProperty("result"));
        }
    }
}
