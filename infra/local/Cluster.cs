using System.Diagnostics;

namespace Cloudkeeper.Local;

/// <summary>All parts together: started at once, since none needs another to start; stopped from the outside in.</summary>
internal sealed class Cluster : IDisposable
{
    private readonly Topology _topology;
    private readonly Dictionary<Part, Supervisor> _supervisors;
    private readonly Dictionary<Part, Task> _running = [];

    public Cluster(Topology topology, SourceTree source, string data)
    {
        var logs = Directory.CreateDirectory(Path.Combine(data, "logs")).FullName;
        _topology = topology;
        _supervisors = topology.All.ToDictionary(part => part, part => new Supervisor(part, source.AssemblyOf(part), logs));
    }

    public void Start()
    {
        foreach (var part in _topology.All)
        {
            _running[part] = _supervisors[part].RunAsync();
        }
    }

    /// <summary>Waits for nodes, gateways and proxy to be ready, and says which is how far.</summary>
    /// <returns>Null, or the part that was not ready in time.</returns>
    public async Task<Part?> WaitUntilReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var readiness = new Readiness();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        foreach (var part in _topology.All)
        {
            try
            {
                await readiness.WaitAsync(part, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return part;
            }

            Console.WriteLine($"{part.Name} is ready at {Topology.Text(part.Address)}, "
                + $"after {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        }

        ShowLogs(true);
        return null;
    }

    public string LogPath(Part part) => _supervisors[part].Log.Path;

    public async Task StopAsync()
    {
        ShowLogs(false);
        foreach (var supervisor in _supervisors.Values)
        {
            supervisor.LetEnd();
        }

        await StopAsync([_topology.Proxy]);
        await StopAsync(_topology.Gateways);
        await StopAsync(_topology.Nodes);
    }

    public void Dispose()
    {
        foreach (var supervisor in _supervisors.Values)
        {
            supervisor.Dispose();
        }
    }

    private void ShowLogs(bool areShown)
    {
        foreach (var supervisor in _supervisors.Values)
        {
            supervisor.Log.IsShown = areShown;
        }
    }

    private async Task StopAsync(IReadOnlyList<Part> parts)
    {
        foreach (var part in parts)
        {
            _supervisors[part].Stop();
        }

        await Task.WhenAll(parts.Select(part => _running[part]));
    }
}
