using System.Runtime.InteropServices;

namespace Cloudkeeper.Local;

internal static class Program
{
    /// <summary>Half a minute is ten times what it takes; a node with much data may need longer than that.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    private static async Task<int> Main(string[] args)
    {
        LocalOptions options;
        try
        {
            options = LocalOptions.Parse(args);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }

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
        var topology = Topology.Of(options);
        var source = SourceTree.Find();
        var taken = Ports.Taken(options, topology).ToList();
        if (taken.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, taken));
            return 1;
        }

        if (options.Build && !await source.BuildAsync(stop))
        {
            return 1;
        }

        using var claim = DataDirectory.Claim(options.Data);
        if (claim is null)
        {
            await Console.Error.WriteLineAsync($"Another local cluster uses {options.Data}. Stop it, or choose another with --data.");
            return 1;
        }

        using var cluster = new Cluster(topology, source, options.Data);
        cluster.Start();
        try
        {
            return await ServeAsync(cluster, topology, options, stop);
        }
        finally
        {
            Console.WriteLine("Stopping the proxy, the gateways, the nodes");
            await cluster.StopAsync();
            Console.WriteLine("Stopped. The data is kept in " + options.Data);
        }
    }

    private static async Task<int> ServeAsync(
        Cluster cluster, Topology topology, LocalOptions options, CancellationToken stop)
    {
        if (await cluster.WaitUntilReadyAsync(StartPatience, stop) is { } late)
        {
            await Console.Error.WriteLineAsync($"{late.Name} is not ready after {StartPatience}: see {cluster.LogPath(late)}");
            return 1;
        }

        Console.WriteLine(Greeting.For(Topology.Text(topology.Proxy.Address), options.Data));
        await Task.Delay(Timeout.Infinite, stop);
        return 0;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The first one stops everything in order; a second one is left to the system, and the parts end with us.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
}
