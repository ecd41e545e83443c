using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Cluster;

/// <summary>A leader that answers what the test wants, and notes what it was asked.</summary>
internal sealed class FakeCluster : IClusterNodes
{
    private const string View = """
        {
          "id": "c", "node": "n1", "leader": "n1", "term": 1, "revision": 0, "featureLevel": LEVEL,
          "members": [
            {
              "id": "n1", "url": "http://n1:7000", "role": "voter", "state": "leader", "matchIndex": 1, "lag": 0,
              "progress": 1, "version": null, "catchUp": null
            },
            {
              "id": "n2", "url": "http://n2:7000", "role": "learner", "state": "receiving-snapshot", "matchIndex": 0, "lag": 1,
              "progress": 0, "version": null,
              "catchUp": { "phase": "snapshot", "bytesSent": 1, "bytesTotal": 4, "entriesLeft": 1, "percent": 25, "secondsLeft": 0.5 }
            }
          ]
        }
        """;

    /// <summary>Method, route and body of each call.</summary>
    public List<string> Calls { get; } = [];

    public Func<string, (HttpStatusCode Status, string Body)> Answer { get; set; } = _ => (HttpStatusCode.OK, "{}");

    /// <summary>The level in the leader's view; the nodes' behaviour is set apart from it.</summary>
    public int FeatureLevel { get; set; } = FeatureLevels.Newest;

    /// <summary>Names of members that are none any more.</summary>
    public List<string> Gone { get; } = [];

    public byte[] Backup { get; set; } = [1, 2, 3];

    public Task<ClusterView> ReadAsync(CancellationToken cancellationToken)
    {
        var view = JsonNode.Parse(View.Replace("LEVEL", $"{FeatureLevel}", StringComparison.Ordinal))!.AsObject();
        var members = view["members"]!.AsArray();
        members.RemoveAll(member => Gone.Contains((string)member!["id"]!));
        return Task.FromResult(ClusterView.TryParse(JsonSerializer.SerializeToUtf8Bytes(view))!);
    }

    /// <summary>There is never any.</summary>
    public async Task<ClusterView> ReadNewsAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("Not reached.");
    }

    public Task<NodeReply> AskLeaderAsync(
        HttpMethod method, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var call = $"{method} {route} {Encoding.UTF8.GetString(json.Span)}".TrimEnd();
        Calls.Add(call);
        var (status, body) = Answer(call);
        return Task.FromResult(new NodeReply(status, null, Encoding.UTF8.GetBytes(body)));
    }

    public Task<HttpResponseMessage> OpenBackupAsync(CancellationToken cancellationToken)
    {
        var backup = new HttpResponseMessage { Content = new ByteArrayContent(Backup) };
        backup.Headers.Add("Cloudkeeper-Revision", "7");
        backup.Content.Headers.ContentType = new("application/octet-stream");
        backup.Content.Headers.ContentDisposition = new("attachment") { FileName = "c-7.snapshot" };
        return Task.FromResult(backup);
    }
}
