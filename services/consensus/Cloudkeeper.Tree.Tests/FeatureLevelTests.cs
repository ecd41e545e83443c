using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.ExactlyOnce;

namespace Cloudkeeper.Tree.Tests;

public sealed class FeatureLevelTests
{
    private static readonly StateMachineOptions OldProgram = new() { NewestLevel = FeatureLevels.First };

    [Fact]
    public void A_new_cluster_begins_at_level_1_and_goes_up_one_level_at_a_time()
    {
        var machine = new Machine();
        Assert.Equal(1, machine.State.FeatureLevel);
        machine.Run(new RaiseFeatureLevelCommand(1, 3));
        Assert.Equal(1, machine.State.FeatureLevel);
        machine.RaiseLevel(2);
        Assert.Equal(2, machine.State.FeatureLevel);
    }

    [Fact]
    public void A_level_never_goes_down()
    {
        var machine = new Machine().RaiseLevel(2);
        machine.Run(new RaiseFeatureLevelCommand(1, 1));
        machine.Run(new RaiseFeatureLevelCommand(1, 2));
        Assert.Equal(2, machine.State.FeatureLevel);
    }

    [Fact]
    public void A_decision_of_another_term_is_void()
    {
        var machine = new Machine { Term = 4 };
        machine.Run(new RaiseFeatureLevelCommand(3, 2));
        Assert.Equal(1, machine.State.FeatureLevel);
    }

    [Fact]
    public void Raising_takes_no_revision_and_changes_the_digest()
    {
        var machine = new Machine();
        var twin = new Machine();
        Assert.Equal((ResultCode.Ok, Revision.Zero), Run(machine));
        Assert.Equal((ResultCode.Ok, Revision.Zero), Run(twin, level: 1));
        Assert.NotEqual(twin.State.Digest, machine.State.Digest);

        static (ResultCode, Revision) Run(Machine machine, int level = 2)
        {
            var result = machine.Run(new RaiseFeatureLevelCommand(1, level));
            return (result.Code, result.Revision);
        }
    }

    /// <summary>What a command does has two versions here: how far an entry ages the idempotency keys.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void The_same_log_does_one_thing_at_level_1_and_another_behind_the_switch(int switchAt)
    {
        var machine = new Machine();
        for (var i = 0; i < 10; i++)
        {
            if (i == switchAt)
            {
                machine.RaiseLevel(2);
            }

            Count(machine, $"key-{i}");
            machine.Now += IdempotencyTable.RetentionMilliseconds + 1;
            Assert.Equal(i >= switchAt, Count(machine, $"key-{i}").Replayed);
        }
    }

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(43)]
    public void Replicas_that_restart_from_snapshots_before_and_after_the_switch_agree_at_every_index(int seed)
    {
        var workload = new Workload(seed);
        var steady = new StateMachine(StateMachineOptions.Default);
        var restarting = new StateMachine(StateMachineOptions.Default);
        for (var i = 0; i < 600; i++)
        {
            var entry = workload.NextEntry();
            entry = i is 150 or 300 or 450 ? entry with { Batches = [Raise(1 + (i / 150))] } : entry;
            var results = entry.ApplyTo(steady);
            workload.Learn(results);
            Same.Results(results, entry.ApplyTo(restarting));
            Assert.Equal(steady.Digest, restarting.Digest);
            if (i % 50 is 0 or 49)
            {
                restarting = SnapshotTests.Load(SnapshotTests.Write(restarting), StateMachineOptions.Default);
            }
        }

        Assert.Equal(FeatureLevels.Newest, steady.FeatureLevel);
        Same.States(steady, restarting);
    }

    [Fact]
    public void A_snapshot_that_began_before_the_switch_is_of_the_old_level()
    {
        var machine = new Machine();
        machine.Put("/a", "one");
        var twin = SnapshotTests.Load(SnapshotTests.Write(machine.State), OldProgram);
        using var snapshot = machine.State.BeginSnapshot();
        machine.RaiseLevel(2);
        machine.Put("/a", "two");
        Same.States(twin, SnapshotTests.Load(SnapshotTests.Rest(snapshot), OldProgram));
    }

    [Fact]
    public void A_program_that_does_not_know_the_level_refuses_the_command()
    {
        var machine = new Machine(OldProgram);
        machine.Put("/a");
        var refusal = Assert.Throws<FeatureLevelException>(() => machine.RaiseLevel(2));
        Assert.Equal(
            "This cluster runs at feature level 2, this program knows up to 1: start a newer version.", refusal.Message);
    }

    [Fact]
    public void A_program_that_does_not_know_the_level_refuses_the_snapshot()
    {
        var blocks = SnapshotTests.Write(new Machine().RaiseLevel(2).State);
        Assert.Throws<FeatureLevelException>(() => SnapshotTests.Load(blocks, OldProgram));
    }

    [Fact]
    public void Levels_after_the_next_are_no_concern_of_an_old_program()
    {
        var machine = new Machine(OldProgram);
        machine.Run(new RaiseFeatureLevelCommand(1, 3));
        machine.Run(new RaiseFeatureLevelCommand(2, 2));
        Assert.Equal(1, machine.State.FeatureLevel);
    }

    private static CommandBatch Raise(int level) =>
        new(LaneId.None, 0, [Machine.Request(new RaiseFeatureLevelCommand(1, level))]);

    private static CommandResult Count(Machine machine, string key) => machine.Apply(new CommandBatch(
        LaneId.None, 0, [Machine.Request(new MutationCommand(new AddOperation("/n", 1)), key: key)]))[0];
}
