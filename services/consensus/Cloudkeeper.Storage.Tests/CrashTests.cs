using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>The power goes off at every single disk operation of scripted histories.</summary>
public sealed class CrashTests
{
    private const int Steps = 40;
    private const int ImagesPerCrash = 6;

    private int _tornTails;
    private int _restarts;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void After_a_crash_at_any_operation_the_log_is_that_of_the_last_sync_or_later(int seed)
    {
        var operations = OperationsOf(seed).Count;
        DiskFault[] faults = [DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter];
        for (var at = 1; at <= operations; at++)
        {
            foreach (var fault in faults)
            {
                CrashAndRecover(seed, at, fault);
            }
        }

        Assert.True(_tornTails > 10, $"only {_tornTails} torn tails");
        Assert.True(_restarts > 10, $"only {_restarts} logs overtaken by a snapshot");
    }

    [Fact]
    public void The_histories_reach_all_intended_states()
    {
        var histories = Enumerable.Range(1, 6).Select(OperationsOf).ToList();
        Assert.All(histories, h => Assert.True(h.Count(o => IsOfLog(o, DiskOperation.Rename)) > 3, "few segments"));
        Assert.Contains(histories, DeletesTwoSegmentsAtOnce);
    }

    private static bool DeletesTwoSegmentsAtOnce(List<DiskOperationInfo> operations)
    {
        var changes = operations.Where(o => o.Operation != DiskOperation.SyncDirectory).ToList();
        return changes.Zip(changes.Skip(1))
            .Any(p => IsOfLog(p.First, DiskOperation.Delete) && IsOfLog(p.Second, DiskOperation.Delete));
    }

    private static bool IsOfLog(DiskOperationInfo info, DiskOperation operation) =>
        info.Operation == operation && info.File.Contains("log-", StringComparison.Ordinal);

    private static List<DiskOperationInfo> OperationsOf(int seed)
    {
        var operations = new List<DiskOperationInfo>();
        var healthy = new SimulatedFileSystem(new Random(seed))
        {
            Inject = o =>
            {
                operations.Add(o);
                return DiskFault.None;
            },
        };
        new History(seed, healthy).Run(Steps);
        return operations;
    }

    private void CrashAndRecover(int seed, long at, DiskFault fault)
    {
        var disk = new SimulatedFileSystem(new Random(seed))
        {
            Inject = o => o.Number == at ? fault : DiskFault.None,
        };
        var history = new History(seed, disk);
        Assert.Throws<SimulatedCrashException>(() => history.Run(Steps));
        for (var image = 0; image < ImagesPerCrash; image++)
        {
            var random = new Random((int)((((seed * 10_000L) + at) * 100) + ((int)fault * 10) + image));
            try
            {
                RecoverTwiceAndGoOn(history, disk.Crash(random), random);
            }
            catch (Exception e) when (e is not SimulatedCrashException)
            {
                throw new InvalidOperationException($"seed {seed}, operation {at}, {fault}, image {image}", e);
            }
        }
    }

    private void RecoverTwiceAndGoOn(History history, SimulatedFileSystem disk, Random random)
    {
        RecoveredState first;
        using (var log = Make.Open(disk, out first))
        {
            history.Check(first);
            _tornTails += log.Recovery.Cut is null ? 0 : 1;
            _restarts += log.Recovery.Restarted ? 1 : 0;
        }

        var crashedAgain = disk.Crash(random);
        var second = Make.Recover(crashedAgain);
        Assert.Equal(Make.Describe(first), Make.Describe(second));

        using (var log = Make.Open(crashedAgain))
        {
            var term = log.HardState.Term.Next();
            var state = new HardState(term, null, log.HardState.Commit);
            log.Append(new RaftWrite(0, state, null, [Make.Entry(log.LastIndex.Value + 1, term.Value)]));
            log.Sync();
        }

        var third = Make.Recover(crashedAgain.Crash(random));
        Assert.Equal(second.Entries.Count + 1, third.Entries.Count);
    }
}
