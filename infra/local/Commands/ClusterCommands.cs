using System.Diagnostics;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Local.Api;

namespace Cloudkeeper.Local.Commands;

/// <summary>Does what a second terminal asks for. One change at a time; looking is always possible.</summary>
internal sealed class ClusterCommands(Cluster cluster, LocalOptions options, Roster roster, CancellationToken stopping) : IDisposable
{
    private readonly ClusterApi _api = new(cluster.Topology.Proxy.Address);
    private readonly SemaphoreSlim _turn = new(1);
    private Roster _roster = roster;

    /// <returns>The exit code of the command: 0 done, 1 not done.</returns>
    public async Task<int> ExecuteAsync(CommandRequest request, CommandOutput output)
    {
        try
        {
            if (request.Verb == "status")
            {
                await output.SayAsync(StatusTable.Of(await _api.ReadAsync(stopping), cluster));
            }
            else
            {
                await ChangeAsync(request, output);
            }

            return 0;
        }
        catch (CommandException e)
        {
            await output.ComplainAsync(e.Message);
            return 1;
        }
    }

    public void Dispose()
    {
        _api.Dispose();
        _turn.Dispose();
    }

    private async Task ChangeAsync(CommandRequest request, CommandOutput output)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            Console.WriteLine($"> {request}");
            await (request.Verb switch
            {
                "add" when request.Arguments[0] == "node" => AddNodeAsync(output),
                "add" => AddGatewayAsync(output),
                "remove" => RemoveAsync([.. request.Arguments.Distinct(StringComparer.Ordinal).Select(PartOf)], output),
                "replace" => ReplaceAsync(PartOf(request.Arguments[0]), output),
                "transfer" => TransferAsync(request.Arguments.Count > 0 ? PartOf(request.Arguments[0]) : null, output),
                "backup" => BackupAsync(request.Arguments[0], output),
                _ => throw new CommandException($"The cluster that runs does not know the command {request.Verb}: is it older?"),
            });
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task AddNodeAsync(CommandOutput output)
    {
        var part = Add(_roster.WithNode(), static topology => topology.Nodes[^1]);
        await output.SayAsync($"{part.Name} runs at {part.Url}");
        try
        {
            await new NodeArrival(_api, part, output).FollowAsync(stopping);
        }
        catch (CommandException e)
        {
            if ((await _api.ReadAsync(stopping)).MemberAt(part) is not null)
            {
                throw new CommandException($"{e.Message} It goes on by itself: status shows how far it is.");
            }

            await DropAsync(part);
            throw new CommandException($"{e.Message} It was stopped again. Its log: {cluster.LogPath(part)}");
        }
    }

    private async Task AddGatewayAsync(CommandOutput output)
    {
        var part = Add(_roster.WithGateway(), static topology => topology.Gateways[^1]);
        await output.SayAsync($"{part.Name} runs at {part.Url}");
        await _api.WaitAsync(status => status.Gateways.Any(gateway => gateway.Address == part.Url), stopping);
        await output.SayAsync($"{part.Name} has registered: the proxy uses it");
    }

    private async Task RemoveAsync(IReadOnlyList<Part> parts, CommandOutput output)
    {
        if (parts.Contains(cluster.Topology.Proxy))
        {
            throw new CommandException("There is one proxy, and every client needs it.");
        }

        if (parts.Count(part => !part.IsNode) == cluster.Topology.Gateways.Count)
        {
            throw new CommandException("That would be the last gateway: add another one first.");
        }

        await LeaveAsync([.. parts.Where(part => part.IsNode)], output);
        foreach (var part in parts)
        {
            await DropAsync(part);
            await output.SayAsync($"{part.Name} was stopped and will not be started again");
        }
    }

    /// <summary>
    /// The old one goes first: with a dead member less, the cluster can lose as many more as before. The new one is
    /// another member, with a name and a directory of its own.
    /// </summary>
    private async Task ReplaceAsync(Part part, CommandOutput output)
    {
        if (!part.IsNode)
        {
            throw new CommandException($"{part.Name} keeps nothing: remove it and add another one.");
        }

        await RemoveAsync([part], output);
        await AddNodeAsync(output);
    }

    private async Task LeaveAsync(List<Part> nodes, CommandOutput output)
    {
        var status = await _api.ReadAsync(stopping);
        var members = nodes.Select(status.MemberAt).OfType<MemberStatus>().ToList();
        if (members.Count == 0)
        {
            return;
        }

        foreach (var leader in members.Where(member => member.Id == status.Leader))
        {
            await output.SayAsync($"{leader.Id} leads: another voter takes over first");
        }

        await _api.RemoveAsync(members.Select(member => member.Id), stopping);
        status = await _api.WaitAsync(now => members.TrueForAll(member => now.Member(member.Id) is null), stopping);
        await output.SayAsync($"{string.Join(", ", members.Select(member => member.Id))} "
            + $"left the cluster: {status.Voters} voters, {status.Majority} of them are a majority");
    }

    private async Task TransferAsync(Part? part, CommandOutput output)
    {
        var status = await _api.ReadAsync(stopping);
        var member = part is null
            ? status.Members.Where(other => other.IsVoter && other.Id != status.Leader && other.Lag is not null)
                .MinBy(other => other.Lag) ?? throw new CommandException("There is no other voter that could lead.")
            : status.MemberAt(part) ?? throw new CommandException($"{part.Name} is no member: status shows the members.");
        if (member.Id == status.Leader)
        {
            await output.SayAsync($"{member.Id} leads already");
            return;
        }

        var began = Stopwatch.GetTimestamp();
        await _api.TransferAsync(member.Id, dryRun: false, stopping);
        await output.SayAsync($"{member.Id} leads, after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
    }

    private async Task BackupAsync(string path, CommandOutput output)
    {
        try
        {
            await using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                UnixCreateMode = PrivateFiles.File,
            });
            var revision = await _api.DownloadAsync(file, stopping);
            await output.SayAsync($"{path} holds the tree at revision {revision}, {file.Length:N0} bytes");
        }
        catch (Exception e) when (e is HttpRequestException or CommandException)
        {
            File.Delete(path);
            throw new CommandException($"There is no backup: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message);
        }
    }

    /// <summary>Remembers a part, and starts it.</summary>
    private Part Add(Roster next, Func<Topology, Part> newPart)
    {
        var part = newPart(Topology.Of(options, next));
        if (Ports.Problem(part, "--base-port") is { } problem)
        {
            throw new CommandException(problem);
        }

        Remember(next);
        cluster.Start(part, isShown: true);
        return part;
    }

    private async Task DropAsync(Part part)
    {
        await cluster.StopAsync(part);
        Remember(_roster.Without(part));
    }

    private void Remember(Roster next)
    {
        next.Save(options.Data);
        _roster = next;
        cluster.Topology = Topology.Of(options, next);
    }

    private Part PartOf(string name) => cluster.Topology.All.FirstOrDefault(part => part.Name == name)
        ?? throw new CommandException($"There is no {name}. status shows what there is.");
}
