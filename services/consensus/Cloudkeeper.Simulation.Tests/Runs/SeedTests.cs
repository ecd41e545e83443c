using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Tests.Runs;

public sealed class SeedTests
{
    /// <summary>What even a few hundred short runs must have reached, or they test nothing.</summary>
    private static readonly Marker[] MustBeReached =
    [
        Marker.Elections, Marker.LeadershipTransfers, Marker.ConflictingTailsTruncated, Marker.Crashes,
        Marker.CrashesOfAll, Marker.CrashesAtDiskOperations, Marker.Pauses, Marker.Partitions, Marker.OneWayPartitions,
        Marker.SnapshotsTaken, Marker.SnapshotsInstalled, Marker.SnapshotTransfersFailed, Marker.TornTails,
        Marker.UnsyncedWritesKept, Marker.UnsyncedWritesLost, Marker.LogsCompacted, Marker.WritesDelayedByFullDisk, Marker.LeadersWithoutRoom,
        Marker.DiskImagesChecked, Marker.ClockJumps, Marker.GatewayCrashes, Marker.MessagesLost,
        Marker.BatchesRetried, Marker.RepeatedSerialsRecognised, Marker.OldBatchesSuperseded,
        Marker.RepeatedKeysReplayed, Marker.OutcomesUnknown, Marker.UnknownsThatWereCommitted,
        Marker.CommandsRefusedByCondition, Marker.SessionsOpened,
        Marker.SessionsClosed, Marker.SessionsExpired, Marker.KeepalivesAnsweredExpired, Marker.LockGrants,
        Marker.LockHandOvers, Marker.FencedWrites, Marker.FencedWritesRefused, Marker.TwoClientsBelievedToHoldALock,
        Marker.LinearizableReads, Marker.LocalReads, Marker.EphemeralsRemovedWithTheirSession,
        Marker.LivenessReachedWithMinority, Marker.SnapshotsFailed, Marker.SnapshotTransfersInterrupted,
        Marker.RequestsRefusedAsOverloaded, Marker.StaleTokensRejectedByResource,
        Marker.ProcessesEndedByTheirDisks, Marker.SpaceRefusedOnce, Marker.ReadOnlyDisks, Marker.DisksLost,
        Marker.DisksRotten, Marker.DamageDetected, Marker.RottenImagesDetected, Marker.RottenImagesHarmless,
        Marker.Admissions, Marker.Replacements, Marker.LostDisksRecognised, Marker.FormerMembersTurnedAway,
        Marker.RemovedMembersTold, Marker.MembersRemoved, Marker.SeveralMembersRemoved, Marker.JointChanges,
        Marker.CrashesInJointChanges, Marker.RemovalsRefusedAsUnsafe, Marker.ChangesToldToWait, Marker.LearnersPromoted,
        Marker.MembershipChanges, Marker.TransfersRefused, Marker.TransfersFailed, Marker.ImpostorsTurnedAway,
        Marker.Floods, Marker.ClockRates, Marker.LevelsRaised, Marker.CheckpointsStamped, Marker.GatewaysRegistered, Marker.LonelyLeaders,
        Marker.LogsDivided, Marker.ProgramsUpgraded, Marker.ProgramsDowngraded, Marker.ProgramsTooOld,
        Marker.NewerDataReadByOlderPrograms,
        Marker.BatchesHalved, Marker.UnknownBatchesSentInParts, Marker.FeedsBroken, Marker.FeedsRestarted, Marker.LaggingFeedsLeft, Marker.FeedsCompacted,
        Marker.LargeChangeSetsJoined, Marker.FeedsEndedWithinParts, Marker.CacheFills,
        Marker.CacheFillsRejected, Marker.CachedEntriesTooOld, Marker.LinearizableReadsFromMemory,
        Marker.BoundedReadsFromMemory, Marker.LocalReadsFromMemory, Marker.AbsencesFromMemory, Marker.SharedNodesTaken,
        Marker.SharedNodesRejected, Marker.ForeignEntriesRefused, Marker.ForeignMessagesRefused, Marker.SpeakerChanges, Marker.GatewaysListening, Marker.PublishedChangesMissed,
        Marker.RedisFaults, Marker.RedisLies, Marker.RedisSieges, Marker.SealsRefused, Marker.JumpsRefused, Marker.SpeakersLeftForSilence,
        Marker.SpeakersLeftForLag, Marker.WatchesLive, Marker.WatchesCaughtUpFromWindow, Marker.WatchesCaughtUpFromHistory,
        Marker.HistoriesReadAlone, Marker.HistoriesShared, Marker.WatchesLeftBehindByHistory,
        Marker.WatchesResumed, Marker.WatchesBroken, Marker.WatchesEndedWithSession, Marker.GapsTold,
        Marker.GapsByCompaction, Marker.WatchSnapshotsTold, Marker.WatchSnapshotsPatched, Marker.WatchSnapshotsReadAgain,
        Marker.WatchSnapshotsAfterGaps, Marker.WatchSnapshotsShared,
        Marker.Freezes, Marker.TooMuchRefused, Marker.TtlNodesDeleted,
    ];

    [Fact]
    public void Many_short_runs_violate_nothing_and_reach_the_rare_states()
    {
        var totals = new Totals();
        for (var seed = 1UL; seed <= ShortRun.Seeds; seed++)
        {
            var result = ShortRun.Of(seed);
            Assert.True(result.Violation is null, $"seed {seed}: {result.Violation}");
            totals.Add(result.Totals);
        }

        Assert.All(MustBeReached, marker => Assert.True(totals[marker] > 0, $"{marker} was never reached"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(12)]
    public void The_same_seed_goes_the_same_way_twice(ulong seed) =>
        Assert.Equal(ShortRun.Of(seed).TraceHash, ShortRun.Of(seed).TraceHash);

    [Fact]
    public void Another_seed_goes_another_way() =>
        Assert.NotEqual(ShortRun.Of(1).TraceHash, ShortRun.Of(2).TraceHash);

    /// <summary>Listening must not change what happens: a replay with its trace is the run that failed.</summary>
    [Fact]
    public void A_traced_run_goes_the_way_of_the_untraced_one()
    {
        var lines = 0;
        var traced = SimulationRun.Execute(Swarm.DrawShort(4), _ => lines++);
        Assert.True(lines > 1_000);
        Assert.Equal(ShortRun.Of(4).TraceHash, traced.TraceHash);
    }
}
