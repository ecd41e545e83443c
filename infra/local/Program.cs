using System.Runtime.InteropServices;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Local.Commands;

namespace Cloudkeeper.Local;

internal static class Program
{
    /// <summary>Half a minute is ten times what it takes; a node with much data may need longer than that.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    private static async Task<int> Main(string[] args)
    {
        Terminal.Install();
        PrivateFiles.ByDefault();
        try
        {
            return CommandRequest.IsMeant(args) ? await CommandAsync(args) : await StartAsync(args);
        }
        catch (Exception exception) when (exception is FormatException or ClusterKeyException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
    }

    /// <summary>Asks the cluster that runs with this data.</summary>
    private static async Task<int> CommandAsync(string[] args)
    {
        var (request, options) = CommandRequest.Parse(args);
        if (options.Help)
        {
            Console.WriteLine(LocalOptions.Usage);
            return 0;
        }

        if (await CommandSocket.SendAsync(options.Data, request, CancellationToken.None) is { } exitCode)
        {
            return exitCode;
        }

        await Console.Error.WriteLineAsync($"No local cluster runs with the data in {options.Data}. Start one "
            + "(dotnet run --project infra/local), or name the directory of one that runs with --data.");
        return 1;
    }

    private static async Task<int> StartAsync(string[] args)
    {
        var options = LocalOptions.Parse(args);
        if (options.Help)
        {
            Console.WriteLine(LocalOptions.Usage);
            return 0;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stop);
        using var terminate = StopOn(PosixSignal.SIGTERM, stop);
        using var hangUp = StopOn(PosixSignal.SIGHUP, stop);
        try
        {
            return await RunAsync(options, stop.Token);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private static async Task<int> RunAsync(LocalOptions options, CancellationToken stop)
    {
        if (Complain(StartConditions.Missing(options)))
        {
            return 1;
        }

        var roster = Roster.Load(options.Data) ?? Roster.First(options);
        if (roster.Contradiction(options) is { } contradiction)
        {
            throw new FormatException(contradiction);
        }

        roster = roster.With(options);
        var topology = Topology.Of(options, roster);
        var source = SourceTree.Find();
        if (Complain(StartConditions.Missing(options, topology, source))
            || (options.Build && !await source.BuildAsync(stop)))
        {
            return 1;
        }

        using var claim = DataDirectory.Claim(options.Data);
        if (claim is null)
        {
            await Console.Error.WriteLineAsync($"Another local cluster uses {options.Data}. Stop it, or choose another with --data.");
            return 1;
        }

        var key = DataDirectory.KeyIn(options.Data);
        DataDirectory.Narrow(options.Data);
        var founder = topology.Nodes[0];
        if (options.From is { } backup && !await Backup.RestoreAsync(backup, founder, source.AssemblyOf(founder), stop))
        {
            return 1;
        }

        roster.Save(options.Data);
        using var socket = CommandSocket.Listen(options.Data);
        using var cluster = new Cluster(topology, source, key, options.Data);
        Console.WriteLine($"Starting {topology.Nodes.Count} nodes, {topology.Gateways.Count} gateways and the proxy");
        cluster.Start();
        try
        {
            return await ServeAsync(cluster, socket, options, roster, stop);
        }
        finally
        {
            Console.WriteLine("Stopping the proxy, the gateways, the nodes");
            await cluster.StopAsync();
            Console.WriteLine("Stopped. The data is kept in " + options.Data);
        }
    }

    private static async Task<int> ServeAsync(
        Cluster cluster, CommandSocket socket, LocalOptions options, Roster roster, CancellationToken stop)
    {
        if (await cluster.WaitUntilReadyAsync(StartPatience, stop) is { } late)
        {
            await Console.Error.WriteLineAsync($"{late.Name} is not ready after {StartPatience}: see {cluster.LogPath(late)}");
            return 1;
        }

        using var commands = new ClusterCommands(cluster, options, roster, stop);
        Console.WriteLine(Greeting.For(cluster.Topology.Proxy.Url, options.Data));
        await socket.ServeAsync(commands.ExecuteAsync, stop);
        return 0;
    }

    /// <returns>Whether there was a problem to print.</returns>
    private static bool Complain(IEnumerable<string> problems)
    {
        var all = problems.ToList();
        all.ForEach(Console.Error.WriteLine);
        return all.Count > 0;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The first one stops everything in order; a second one is left to the system, and the parts end with us.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
}
