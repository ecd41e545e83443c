using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// The disk of one node: what is on it, how fast it is, and when the power goes off at one of its operations.
/// </summary>
internal sealed class SimulatedDisk
{
    private const double SpikeShare = 0.005;
    private const int SpikeFactor = 100;

    /// <summary>The slowest that a disk may be: a fault that is over must not go on in an operation begun before.</summary>
    private const long TimeMax = 1 * Scheduler.Second;

    private readonly SimulationRandom _random;
    private readonly SimulationOptions _options;
    private long _crashIn = -1;

    public SimulatedDisk(SimulationRandom random, SimulationOptions options)
    {
        _random = random;
        _options = options;
        Files = new SimulatedFileSystem(random.Split()) { Inject = Inject };
    }

    public SimulatedFileSystem Files { get; private set; }

    /// <summary>Factor by which everything takes longer.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>The power goes off at the operation after this many others.</summary>
    public void CrashAfter(long operations) => _crashIn = operations;

    public void SetFull(bool isFull) => Files.CapacityBytes = isFull ? Files.UsedBytes : long.MaxValue;

    public long WriteTime() => Time(_options.SyncTime / 10);

    public long SyncTime() => Time(_options.SyncTime);

    /// <summary>The power goes off: what was not synced is kept, lost or torn.</summary>
    public void Crash()
    {
        _crashIn = -1;
        var capacity = Files.CapacityBytes;
        Files = Files.Crash(_random.Split());
        Files.Inject = Inject;
        Files.CapacityBytes = capacity;
    }

    private long Time(long mean)
    {
        var time = 1 + _random.Exponential(mean * Slowness);
        return Math.Min(TimeMax, _random.Chance(SpikeShare) ? time * _random.Between(1, SpikeFactor) : time);
    }

    private DiskFault Inject(DiskOperationInfo operation) => _crashIn >= 0 && _crashIn-- == 0
        ? _random.Pick([DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter])
        : DiskFault.None;
}
