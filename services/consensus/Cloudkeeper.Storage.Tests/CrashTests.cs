using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>The power goes off at every single disk operation of scripted histories.</summary>
public sealed class CrashTests
{
    private const int Steps = 40;
    private const int ImagesPerCrash = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void After_a_crash_at_any_operation_the_log_is_what_it_was_at_the_last_sync_or_later(int seed)
    {
        var healthy = new SimulatedFileSystem(new Random(seed));
        new History(seed, healthy).Run(Steps);
        Assert.True(healthy.OperationCount > Steps);
        DiskFault[] faults = [DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter];
        for (var at = 1; at <= healthy.OperationCount; at++)
        {
            foreach (var fault in faults)
            {
                CrashAndRecover(seed, at, fault);
            }
        }
    }

    private static void CrashAndRecover(int seed, long at, DiskFault fault)
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

    private static void RecoverTwiceAndGoOn(History history, SimulatedFileSystem disk, Random random)
    {
        var first = Make.Recover(disk);
        history.Check(first);

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
