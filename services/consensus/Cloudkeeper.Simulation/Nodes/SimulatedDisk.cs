using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// The disk of one node: its content, its speed, and the outcome of its operations.
/// </summary>
internal sealed class SimulatedDisk
{
    private const double SpikeShare = 0.005;
    private const int SpikeFactor = 100;
    private const double RareMomentCrashes = 0.1;
    private const int RareMomentOperations = 10;

    /// <summary>The slowest that a disk may be: a fault that is over must not go on in an operation begun before.</summary>
    private const long TimeMax = 1 * Scheduler.Second;

    private static readonly DiskFault[] Crashes = [DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter];

    private readonly SimulationRandom _random;
    private readonly SimulationOptions _options;
    private readonly Totals _totals;
    private DiskFault _fault;
    private long _faultIn;
    private bool _hasFailed;

    public SimulatedDisk(SimulationRandom random, World world)
    {
        _random = random;
        _options = world.Options;
        _totals = world.Totals;
        Files = new SimulatedFileSystem(random.Split()) { Inject = Inject };
    }

    public SimulatedFileSystem Files { get; private set; }

    /// <summary>Factor by which everything takes longer.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>EROFS: nothing can be changed, by this process and by the next ones.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>The power goes off at the operation after this many others.</summary>
    public void CrashAfter(long operations) => (_fault, _faultIn) = (_random.Pick(Crashes), operations);

    /// <summary>
    /// Something has begun that is seldom on its way to the disk: a vote, a leadership, a shortened log, another
    /// member's snapshot. Crashes that come by chance alone nearly always miss it, so now and then one comes for it.
    /// </summary>
    public void CrashSoonPerhaps()
    {
        if (_fault == DiskFault.None && _random.Chance(RareMomentCrashes))
        {
            CrashAfter(_random.Next(RareMomentOperations));
        }
    }

    /// <summary>The operation after this many others fails: EIO.</summary>
    public void FailAfter(long operations) => (_fault, _faultIn) = (DiskFault.Error, operations);

    /// <summary>An operation that wants space, after this many of any kind, gets none: ENOSPC, once.</summary>
    public void RefuseSpaceAfter(long operations) => (_fault, _faultIn) = (DiskFault.Full, operations);

    public void SetFull(bool isFull) => Files.CapacityBytes = isFull ? Files.UsedBytes : long.MaxValue;

    public long WriteTime() => Time(_options.SyncTime / 10);

    public long SyncTime() => Time(_options.SyncTime);

    /// <summary>The power goes off: unsynced writes are kept, lost or torn.</summary>
    public void Crash() => Replace(Files.Crash(_random.Split()));

    /// <summary>
    /// The process has ended, the machine has not: written bytes are still there, and still not durable.
    /// </summary>
    public void Restart() => Replace(Files.Fork(_random.Split()));

    /// <summary>Another disk, an empty one.</summary>
    public void Lose() => Replace(new SimulatedFileSystem(_random.Split()));

    /// <summary>It is in order again.</summary>
    public void Repair()
    {
        Slowness = 1;
        IsReadOnly = false;
        _fault = DiskFault.None;
        SetFull(false);
    }

    /// <summary>Bytes of one of the files change by themselves.</summary>
    /// <param name="prefix">Of its name.</param>
    /// <returns>Which and where; null: there is none.</returns>
    public string? Rot(SimulationRandom random, string prefix)
    {
        var names = Files.List()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && !n.StartsWith("tmp-", StringComparison.Ordinal))
            .ToList();
        return names.Count > 0 && random.Pick(names) is var name && Files.Rot(name, random) is { } at
            ? $"{name} at {at}"
            : null;
    }

    private void Replace(SimulatedFileSystem files)
    {
        files.CapacityBytes = Files.CapacityBytes;
        files.Inject = Inject;
        Files = files;
        _hasFailed = false;
        _fault = DiskFault.None;
    }

    private long Time(long mean)
    {
        var time = 1 + _random.Exponential(mean * Slowness);
        return Math.Min(TimeMax, _random.Chance(SpikeShare) ? time * _random.Between(1, SpikeFactor) : time);
    }

    private DiskFault Inject(DiskOperationInfo operation)
    {
        if (_hasFailed && operation.Operation is (DiskOperation.Write or DiskOperation.Sync))
        {
            throw new ViolationException("R3", $"{operation.Operation} of {operation.File} after the disk has failed");
        }

        if (IsReadOnly)
        {
            return Fail();
        }

        if (_fault == DiskFault.None || _faultIn-- > 0)
        {
            return DiskFault.None;
        }

        switch (_fault)
        {
            case DiskFault.Full when operation.Operation is DiskOperation.Create or DiskOperation.Allocate:
                _totals.Count(Marker.SpaceRefusedOnce);
                _fault = DiskFault.None;
                return DiskFault.Full;
            case DiskFault.Full:
                return DiskFault.None;
            case DiskFault.Error:
                return Fail();
            default:
                return _fault;
        }
    }

    private DiskFault Fail()
    {
        _hasFailed = true;
        return DiskFault.Error;
    }
}
