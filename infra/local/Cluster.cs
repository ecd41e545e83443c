using System.Collections.Concurrent;
using System.Diagnostics;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Local;

/// <summary>All parts together: started at once, since none needs another to start; stopped from the outside in.</summary>
internal sealed class Cluster : IDisposable
{
    private readonly SourceTree _source;
    private readonly ClusterKey _key;
    private readonly string _logs;
    private readonly ConcurrentDictionary<string, Run> _runs = new(StringComparer.Ordinal);

    public Cluster(Topology topology, SourceTree source, ClusterKey key, string data)
    {
        _source = source;
        _key = key;
        _logs = Path.Combine(data, DataDirectory.Logs);
        Topology = topology;
    }

    /// <summary>What is there to run; parts come and go.</summary>
    public Topology Topology { get; set; }

    public void Start()
    {
        foreach (var part in Topology.All)
        {
            Start(part, isShown: false);
        }
    }

    /// <param name="isShown">Whether its warnings are to be seen from the beginning.</param>
    public void Start(Part part, bool isShown)
    {
        var supervisor = new Supervisor(
            part.Name, () => ProgramStart.Of(part, _source.AssemblyOf(part), _key), new LogFile(_logs, part.Name));
        supervisor.Log.IsShown = isShown;
        _runs[part.Name] = new Run(supervisor, supervisor.RunAsync());
    }

    /// <summary>Stops one part for good.</summary>
    public async Task StopAsync(Part part)
    {
        if (_runs.TryRemove(part.Name, out var run))
        {
            run.Supervisor.LetEnd();
            run.Supervisor.Stop();
            await run.Ended;
            run.Supervisor.Dispose();
        }
    }

    /// <summary>Waits for nodes, gateways and proxy to be ready, and prints their progress.</summary>
    /// <returns>Null, or the part that was not ready in time.</returns>
    public async Task<Part?> WaitUntilReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var readiness = new Readiness();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        foreach (var part in Topology.All)
        {
            try
            {
                await readiness.WaitAsync(part, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return part;
            }

            Console.WriteLine($"{part.Name} is ready at {part.Url}, after {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        }

        ShowLogs(true);
        return null;
    }

    public string LogPath(Part part) => Path.Combine(_logs, $"{part.Name}.log");

    /// <summary>Null when the part has never been started.</summary>
    public int? ProcessIdOf(Part part) => _runs.TryGetValue(part.Name, out var run) ? run.Supervisor.ProcessId : null;

    public async Task StopAsync()
    {
        ShowLogs(false);
        foreach (var run in _runs.Values)
        {
            run.Supervisor.LetEnd();
        }

        await StopAsync([Topology.Proxy]);
        await StopAsync(Topology.Gateways);
        await StopAsync(Topology.Nodes);
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values)
        {
            run.Supervisor.Dispose();
        }
    }

    private void ShowLogs(bool areShown)
    {
        foreach (var run in _runs.Values)
        {
            run.Supervisor.Log.IsShown = areShown;
        }
    }

    private Task StopAsync(IReadOnlyList<Part> parts) => Task.WhenAll(parts.Select(StopAsync));

    private sealed record Run(Supervisor Supervisor, Task Ended);
}
