using Cloudkeeper.LoadGenerator.Baseline;
using Cloudkeeper.LoadGenerator.Checks;
using Cloudkeeper.LoadGenerator.Engine;
using Cloudkeeper.LoadGenerator.Http;
using Cloudkeeper.LoadGenerator.Processes;
using Cloudkeeper.LoadGenerator.Reports;
using Cloudkeeper.LoadGenerator.Watching;
using Cloudkeeper.LoadGenerator.ZooKeeper;

namespace Cloudkeeper.LoadGenerator;

/// <summary>What each command measures, and against what.</summary>
internal static class Commands
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    public static Task<int> RunAsync(string command, LoadOptions options, CancellationToken stopping) => command switch
    {
        "baseline" => RunBaselineAsync(options, stopping),
        "compare" => CompareAsync(options, stopping),
        "check" => CheckCommand.RunAsync(options, stopping),
        "watch" => WatchAsync(options, stopping),
        _ => MeasureAsync([], reference: null, options, stopping),
    };

    private static async Task<int> RunBaselineAsync(LoadOptions options, CancellationToken stopping)
    {
        var ports = LoopbackPorts.Take(3);
        using var api = BareServer.StartApi(ports[0], ports[1], options.ValueSize);
        using var proxy = BareServer.StartProxy(ports[2], ports[1]);
        await api.WaitForPortAsync(ports[0], StartLimit, stopping);
        await proxy.WaitForPortAsync(ports[2], StartLimit, stopping);
        var apiProcess = new ObservedProcess("api", api.Id);
        var proxyProcess = new ObservedProcess("yarp", proxy.Id);
        var yarp = BareContestant("bare-yarp", ports[2], options, [proxyProcess, apiProcess]);
        var bare = BareContestant("bare-api", ports[0], options, [apiProcess]);
        return await MeasureAsync([yarp, bare], yarp.Name, options, stopping);
    }

    private static async Task<int> CompareAsync(LoadOptions options, CancellationToken stopping)
    {
        using var ensemble = await ZooKeeperEnsemble.StartAsync(stopping);
        var zooKeeper = new ZooKeeperContestant(ensemble, options);
        return await MeasureAsync([zooKeeper], zooKeeper.Name, options, stopping);
    }

    private static async Task<int> WatchAsync(LoadOptions options, CancellationToken stopping)
    {
        using var run = new WatchRun(options, ProcessesOf(options));
        Console.WriteLine(WatchReport.Format(await run.MeasureAsync(stopping)));
        return 0;
    }

    private static async Task<int> MeasureAsync(
        IReadOnlyList<IContestant> others, string? reference, LoadOptions options, CancellationToken stopping)
    {
        var processes = ProcessesOf(options);
        var targets = options.Targets.Select(t => new HttpContestant(t, options, processes));
        var measurements = await Contest.RunAsync([.. others, .. targets], options, stopping);
        Console.WriteLine(ResultTable.Format(measurements, reference));
        if (options.JsonFile is not null)
        {
            await JsonReport.WriteAsync(options.JsonFile, options, reference, measurements, stopping);
        }

        return 0;
    }

    private static IReadOnlyList<ObservedProcess> ProcessesOf(LoadOptions options) => options.Processes.Count > 0
        ? [.. options.Processes.Select(p => new ObservedProcess(p.Key, p.Value))]
        : ObservedProcess.FindCloudkeeper();

    private static HttpContestant BareContestant(
        string name, int port, LoadOptions options, IReadOnlyList<ObservedProcess> processes) =>
        new(new Target(name, new Uri($"http://127.0.0.1:{port}")), options, processes);
}
