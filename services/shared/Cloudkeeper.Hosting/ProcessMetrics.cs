using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;

namespace Cloudkeeper.Hosting;

/// <summary>The process and the .NET runtime, under the names that every Prometheus client library uses.</summary>
internal sealed class ProcessMetrics(string service) : IDisposable
{
    public const string ProcessMeter = "process";
    public const string RuntimeMeter = "dotnet";
    public const string BuildMeter = "cloudkeeper";

    private readonly Meter _process = new(ProcessMeter);
    private readonly Meter _runtime = new(RuntimeMeter);
    private readonly Meter _build = new(BuildMeter);

    public void Create()
    {
        CreateBuild();
        CreateProcess();
        CreateMemory();
        CreateThreadPool();
    }

    public void Dispose()
    {
        _process.Dispose();
        _runtime.Dispose();
        _build.Dispose();
    }

    private void CreateBuild()
    {
        var assembly = Assembly.GetEntryAssembly() ?? typeof(ProcessMetrics).Assembly;
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var one = new Measurement<int>(1, new("service", service), new("version", version));
        _build.CreateObservableGauge("build_info", () => one, description: "Always 1; what runs here is in the labels.");
    }

    private void CreateProcess()
    {
        using var self = Process.GetCurrentProcess();
        var started = new DateTimeOffset(self.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
        _process.CreateObservableGauge("start_time_seconds", () => started,
            description: "Start of the process, in seconds since 1970.");
        _process.CreateObservableCounter("cpu_seconds_total", static () => Environment.CpuUsage.TotalTime.TotalSeconds,
            description: "User and system CPU time.");
        _process.CreateObservableGauge("resident_memory_bytes", static () => Environment.WorkingSet,
            description: "Memory of the process that is in RAM.");
        if (OperatingSystem.IsLinux())
        {
            _process.CreateObservableGauge("open_fds", static () => Directory.GetFileSystemEntries("/proc/self/fd").Length,
                description: "Open file descriptors.");
            _process.CreateObservableGauge("threads", static () => StatusNumber("Threads:"),
                description: "Threads of the operating system.");
        }
    }

    private void CreateMemory()
    {
        _runtime.CreateObservableCounter("gc_pause_seconds_total",
            static () => GC.GetTotalPauseDuration().TotalSeconds, description: "Time that all threads stood still for GC.");
        _runtime.CreateObservableCounter("gc_collections_total", static () => Enumerable.Range(0, GC.MaxGeneration + 1)
            .Select(generation => new Measurement<long>(GC.CollectionCount(generation),
                new KeyValuePair<string, object?>("generation", generation.ToString(CultureInfo.InvariantCulture)))),
            description: "Garbage collections; one of a generation counts in the younger ones too.");
        _runtime.CreateObservableCounter("allocated_bytes_total", static () => GC.GetTotalAllocatedBytes(),
            description: "Bytes allocated on the managed heap since the start.");
        _runtime.CreateObservableGauge("heap_bytes", static () => GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes,
            description: "Size of the managed heap after the last collection.");
    }

    private void CreateThreadPool()
    {
        _runtime.CreateObservableGauge("threadpool_threads", static () => ThreadPool.ThreadCount,
            description: "Threads of the thread pool.");
        _runtime.CreateObservableGauge("threadpool_queue_length", static () => ThreadPool.PendingWorkItemCount,
            description: "Work items that wait for a thread.");
        _runtime.CreateObservableCounter("threadpool_completed_total", static () => ThreadPool.CompletedWorkItemCount,
            description: "Work items done.");
        _runtime.CreateObservableCounter("lock_contentions_total", static () => Monitor.LockContentionCount,
            description: "Times that a thread had to wait for a monitor.");
    }

    private static long StatusNumber(string name) =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal))
            .AsSpan(name.Length).Trim(), CultureInfo.InvariantCulture);
}
