using System.Globalization;
using System.Text;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Local;
using Cloudkeeper.Gateway.Tests.Redis;

namespace Cloudkeeper.Cluster.Tests.Machine;

/// <summary>Secrets are found nowhere but where they were put (AT-22): a cluster key and a password of Redis.</summary>
public sealed class SecretTests : IDisposable
{
    private const string KeyText = "canary-of-the-cluster-key-32byte";
    private const string Password = "canary-of-the-password-of-redis";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly string KeyBase64 = Convert.ToBase64String(Encoding.ASCII.GetBytes(KeyText));

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-secrets-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Secrets_are_in_no_log_no_answer_no_command_line_and_no_file_but_their_own()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        var keyFile = Path.Combine(_folder, "cluster.key");
        await File.WriteAllTextAsync(keyFile, KeyBase64 + "\n", Stopping);
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var ports = FreePorts.Take(2);
        using var local = LocalCommand.Start(
            _folder,
            ports.Dequeue(),
            ports.Dequeue(),
            "--nodes=1",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                // This Redis knows of no password, and answers with an error.
                ["Gateway__Redis"] = $"{redis.Address},password={Password}",
                ["Node__SnapshotLogEntries"] = "100",
            });
        await local.WaitUntilReadyAsync();
        var answers = await AskAsync(local);

        var processes = local.Children();
        Assert.Equal(4, processes.Count);
        foreach (var process in processes)
        {
            using (process)
            {
                AssertSecretFree($"the command line of {process.Id}", await File.ReadAllBytesAsync($"/proc/{process.Id}/cmdline", Stopping));
            }
        }

        await local.InterruptAsync();
        AssertSecretFree("the output", Encoding.UTF8.GetBytes(local.Output));
        Assert.All(answers, answer => AssertSecretFree(answer.Name, answer.Bytes));
        string[] files = [.. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Where(file => file != keyFile)];
        Assert.Contains(files, file => file.Contains("snapshot-", StringComparison.Ordinal));
        foreach (var file in files)
        {
            AssertSecretFree(file, await File.ReadAllBytesAsync(file, Stopping));
        }

        // They were in use all the same.
        var log = await File.ReadAllTextAsync(Path.Combine(_folder, "logs", "gateway1.log"), Stopping);
        Assert.Contains("through Redis", log, StringComparison.Ordinal);
        Assert.Contains("password=*****", log, StringComparison.Ordinal);
    }

    /// <summary>Every kind of answer: the description of each process, data, and problems.</summary>
    private static async Task<List<(string Name, byte[] Bytes)>> AskAsync(LocalCommand local)
    {
        var answers = new List<(string, byte[])>();
        var gateway = new Uri($"http://127.0.0.1:{local.BasePort + 101}");
        var node = new Uri($"http://127.0.0.1:{local.BasePort + 1}");
        foreach (var address in (Uri[])[local.Address, gateway, node])
        {
            using var client = new ApiClient(address);
            foreach (var path in (string[])["/readyz", "/metrics", "/v1/cluster", "/v1/nodes/none", "/cluster", "/membership", "/openapi/v1.json", "/%"])
            {
                if (await client.TryGetAsync(path) is { } answer)
                {
                    answers.Add(($"{address}{path}", [.. Encoding.UTF8.GetBytes(answer.ToString()), .. answer.Body]));
                }
            }
        }

        using var writer = new ApiClient(local.Address);
        var data = Path.Combine(local.Data, "node1");
        var count = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.Equal(201, (await writer.PutAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/nodes/{count++}"), "value")).Status);
                return Directory.EnumerateFiles(data, "snapshot-*").Any();
            },
            Limit,
            "a snapshot");
        answers.Add(("the backup", (await writer.GetAsync("/v1/cluster/snapshot")).Body));
        return answers;
    }

    private static void AssertSecretFree(string where, byte[] bytes)
    {
        foreach (var secret in (string[])[KeyText, KeyBase64, KeyBase64[..20], Password])
        {
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)) < 0, $"{secret} is in {where}");
        }
    }
}
