using System.Globalization;
using System.Text.Json.Nodes;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Registration;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary>The handlers of the routes of <c>/v1/cluster</c>.</summary>
internal sealed class ClusterHandlers(
    INodes nodes, IClusterNodes cluster, ClusterLevel level, ClusterChanges changes, ClusterDecisions decisions,
    BodyReader bodies)
{
    private const int MembersMax = 64;

    public async Task GetAsync(HttpContext context)
    {
        var view = (await cluster.ReadAsync(context.RequestAborted)).Json;

        // Which node answered is of no interest to a client.
        view.Remove("node");
        var (gateways, revision) = level.Value < ClusterLevel.GatewayTable
            ? await GatewaysInTree.ReadAllAsync(nodes)
            : await GatewayTable.ReadAllAsync(nodes, ReadConsistency.Local);
        view["gateways"] = new JsonArray([.. gateways.Select(GatewayOf)]);
        context.Response.SetRevision(revision);
        await JsonAnswer.WriteAsync(context, 0, view, static (parts, view) =>
        {
            view.WriteTo(parts.Json);
            return parts.PassOnAsync();
        });
    }

    public async Task AddAsync(HttpContext context)
    {
        var dryRun = IsDryRun(context);
        using var content = await bodies.ReadJsonAsync(context);
        var body = JsonBody.Parse(context, content, GatewayJson.Default.AddMembersBody);
        var urls = UrlsOf(body);
        var stop = context.RequestAborted;
        Func<ChangeStart, Task> change = body.Replaces is { } replaced && IdOf(replaced) is var id
            ? start => ReplaceAsync(urls[0], replaced, id, start, dryRun, stop)
            : _ => AddAsync(urls, dryRun, stop);
        if (dryRun)
        {
            await AnswerDryRunAsync(context, change);
            return;
        }

        if (!await decisions.DecideAsync(context, content.Memory, change))
        {
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = ClusterEndpoints.Route;
        JsonAnswer.Write(context, urls, static (json, urls) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("joining"u8);
            foreach (var url in urls)
            {
                json.WriteStringValue(ClusterChanges.UrlOf(url));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task RemoveAsync(HttpContext context)
    {
        var dryRun = IsDryRun(context);
        var names = ((string)context.GetRouteValue("ids")!).Split(',');
        if (names.Length > MembersMax)
        {
            throw new ProblemException(ErrorKinds.InvalidOperation, $"At most {MembersMax} members at once.");
        }

        (string Name, int Id)[] members = [.. names.Select(static name => (name, IdOf(name)))];
        await AnswerAsync(context, default, dryRun, start => RemoveAsync(members, start, dryRun, context.RequestAborted));
    }

    public async Task TransferAsync(HttpContext context)
    {
        var dryRun = IsDryRun(context);
        using var content = await bodies.ReadJsonAsync(context);
        var body = JsonBody.Parse(context, content, GatewayJson.Default.TransferLeadershipBody);
        var member = body.Member ?? throw JsonMembers.Invalid("member", "is needed");
        var id = IdOf(member);
        await AnswerAsync(context, content.Memory, dryRun, _ => changes.TransferAsync(id, dryRun, context.RequestAborted));
    }

    /// <summary>The ones that are members still, in one step.</summary>
    private async Task RemoveAsync(
        (string Name, int Id)[] members, ChangeStart start, bool dryRun, CancellationToken cancellationToken)
    {
        var gone = await start.GoneAsync(cluster, [.. members.Select(static member => member.Name)], cancellationToken);
        int[] left = [.. members.Where(member => !gone.Contains(member.Name, StringComparer.Ordinal)).Select(static member => member.Id)];
        if (left.Length > 0)
        {
            await changes.RemoveAsync(left, dryRun, cancellationToken);
        }
    }

    /// <summary>All of them, or none when one cannot join.</summary>
    private async Task AddAsync(List<Uri> urls, bool dryRun, CancellationToken cancellationToken)
    {
        if (dryRun || urls.Count > 1)
        {
            foreach (var url in urls)
            {
                await changes.AddAsync(url, replaces: false, dryRun: true, cancellationToken);
            }
        }

        foreach (var url in dryRun ? [] : urls)
        {
            await changes.AddAsync(url, replaces: false, dryRun: false, cancellationToken);
        }
    }

    /// <summary>
    /// At the old address one step does both. At another the old member goes first: with one that is dead less, the others
    /// can lose as many as before, or more.
    /// </summary>
    private async Task ReplaceAsync(
        Uri url, string replaced, int id, ChangeStart start, bool dryRun, CancellationToken cancellationToken)
    {
        if ((await start.GoneAsync(cluster, [replaced], cancellationToken)).Count > 0)
        {
            await changes.AddAsync(url, replaces: false, dryRun, cancellationToken);
            return;
        }

        var members = (await cluster.ReadAsync(cancellationToken)).Json["members"]!.AsArray();
        var member = members.FirstOrDefault(member => (string?)member!["id"] == replaced)
            ?? throw new ProblemException(ErrorKinds.MemberNotFound);
        if (new Uri((string)member["url"]!) == url)
        {
            await changes.AddAsync(url, replaces: true, dryRun, cancellationToken);
            return;
        }

        await changes.AddAsync(url, replaces: false, dryRun: true, cancellationToken);
        await changes.RemoveAsync([id], dryRun, cancellationToken);
        if (!dryRun)
        {
            await changes.AddAsync(url, replaces: false, dryRun: false, cancellationToken);
        }
    }

    private static List<Uri> UrlsOf(AddMembersBody body)
    {
        var texts = (body.Url, body.Urls) switch
        {
            ({ } one, null) => [one],
            (null, { Count: > 0 and <= MembersMax } several) => several,
            _ => throw JsonMembers.Invalid("url", $"is needed, or 'urls' with at most {MembersMax} of them"),
        };
        if (body.Replaces is not null && texts.Count > 1)
        {
            throw JsonMembers.Invalid("replaces", "needs one 'url'");
        }

        return [.. texts.Select(text => Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.Scheme == Uri.UriSchemeHttp && url.PathAndQuery == "/"
                ? url
                : throw JsonMembers.Invalid("url", "is the base address of a node, such as http://node4:7000"))];
    }

    /// <summary>Members are called <c>n4</c>; any other text is no member's name.</summary>
    private static int IdOf(string name) =>
        name.StartsWith('n')
        && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0
            ? id
            : throw new ProblemException(ErrorKinds.MemberNotFound);

    private static bool IsDryRun(HttpContext context) => RequestQuery.Of(context).Boolean("dryRun");

    private async Task AnswerAsync(
        HttpContext context, ReadOnlyMemory<byte> body, bool dryRun, Func<ChangeStart, Task> change)
    {
        if (dryRun)
        {
            await AnswerDryRunAsync(context, change);
        }
        else if (await decisions.DecideAsync(context, body, change))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    /// <summary>Nothing is decided by it: it is judged as the cluster is now.</summary>
    private async Task AnswerDryRunAsync(HttpContext context, Func<ChangeStart, Task> change)
    {
        await decisions.JudgeAsync(context, change);
        JsonAnswer.Write(context, static json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("dryRun"u8, true);
            json.WriteEndObject();
        });
    }

    private static JsonObject GatewayOf(GatewayEntry gateway) =>
        new() { ["instance"] = gateway.Instance, ["address"] = gateway.Address };
}
