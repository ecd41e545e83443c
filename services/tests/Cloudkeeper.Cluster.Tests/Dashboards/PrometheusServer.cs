using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Dashboards;

/// <summary>
/// Prometheus with the repository's own configuration, in which only the targets and the intervals are this test's.
/// </summary>
internal sealed class PrometheusServer : IDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-prometheus-").FullName;
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(LocalCluster cluster)
    {
        var address = new Uri($"http://127.0.0.1:{FreePorts.Take(1).Dequeue()}");
        var configuration = Path.Combine(_folder, "prometheus.yml");
        File.WriteAllText(configuration, Configure(cluster));
        _client = new HttpClient { BaseAddress = address };
        _process = Process.Start(new ProcessStartInfo("prometheus")
        {
            ArgumentList =
            {
                $"--config.file={configuration}", $"--storage.tsdb.path={_folder}/data",
                $"--web.listen-address={address.Authority}", "--log.level=error",
            },
            UseShellExecute = false,
        })!;
    }

    public static string Folder { get; } = Path.Combine(Repository.Root, "infra", "prometheus");

    public static async Task<PrometheusServer> StartAsync(LocalCluster cluster)
    {
        var server = new PrometheusServer(cluster);
        await Eventually.TrueAsync(server.IsReadyAsync, ReadyLimit, "Prometheus ready");
        return server;
    }

    /// <summary>How many series an expression has now.</summary>
    public async Task<int> CountAsync(string expression)
    {
        using var form = new FormUrlEncodedContent([new("query", expression)]);
        using var response = await _client.PostAsync("/api/v1/query", form, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{expression}: {answer}");
        return answer.GetProperty("data").GetProperty("result").GetArrayLength();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Configure(LocalCluster cluster)
    {
        var configuration = File.ReadAllText(Path.Combine(Folder, "prometheus.yml"))
            .Replace("rules.yml", Path.Combine(Folder, "rules.yml"), StringComparison.Ordinal)
            .Replace("_interval: 5s", "_interval: 1s", StringComparison.Ordinal);
        configuration = Retarget(configuration, "127.0.0.1:7001", cluster.Nodes);
        configuration = Retarget(configuration, "127.0.0.1:7101", cluster.Gateways);
        return Retarget(configuration, "127.0.0.1:8080", [cluster.Proxy]);
    }

    /// <summary>The line of targets that names the address names those servers instead.</summary>
    private static string Retarget(string configuration, string address, IEnumerable<ServerProcess> servers)
    {
        var lines = configuration.Split('\n');
        var i = Array.FindIndex(lines, line => line.Contains(address, StringComparison.Ordinal));
        var key = lines[i][..(lines[i].IndexOf('[', StringComparison.Ordinal) + 1)];
        lines[i] = key + string.Join(", ", servers.Select(server => $"\"{server.Address.Authority}\"")) + "]";
        return string.Join('\n', lines);
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _client.GetAsync("/-/ready", TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
