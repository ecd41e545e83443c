using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

/// <summary>A TTL is a duration: from feature level 4 on a clock that can be set has no influence on it.</summary>
public sealed class TtlTests
{
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;

    private readonly Machine _machine = At(FeatureLevels.AwakeClock);

    [Fact]
    public void A_leader_whose_clock_is_ahead_does_not_delete_early()
    {
        Write(_machine, "/t", 30 * Minute);
        _machine.Now += Hour;
        Assert.False(IsGone(_machine));
        Pass(_machine, (30 * Minute) - 1);
        Assert.False(IsGone(_machine));
        Pass(_machine, 1);
        Assert.True(IsGone(_machine));
    }

    [Fact]
    public void A_clock_that_is_set_back_prolongs_nothing()
    {
        Write(_machine, "/t", 30 * Minute);
        _machine.Now -= Hour;
        Pass(_machine, 30 * Minute);
        Assert.True(IsGone(_machine));
    }

    /// <summary>The fault that level 4 removes; the levels before must go on as they always did.</summary>
    [Fact]
    public void Before_the_level_a_clock_that_is_ahead_deletes_early()
    {
        var machine = At(FeatureLevels.AwakeClock - 1);
        Write(machine, "/t", 30 * Minute);
        machine.Now += Hour;
        Assert.True(IsGone(machine));
    }

    [Fact]
    public void A_change_begins_the_time_anew_and_a_refused_one_does_not()
    {
        Write(_machine, "/t", 30 * Minute);
        Pass(_machine, 20 * Minute);
        _machine.Put("/t", "new");
        Pass(_machine, 20 * Minute);
        Assert.False(IsGone(_machine));
        Assert.Equal(ResultCode.TransactionFailed, _machine.Transact(
            new WriteOperation("/t", Bytes("x"), "t"), new DeleteOperation("/absent")).Code);
        Pass(_machine, 10 * Minute);
        Assert.True(IsGone(_machine));
    }

    /// <summary>The counts of two leaders cannot be compared, and the time between them is not counted.</summary>
    [Fact]
    public void Each_leader_counts_from_its_first_entry_on()
    {
        Write(_machine, "/t", 30 * Minute);
        Pass(_machine, 20 * Minute);
        _machine.Put("/told");
        _machine.Term++;
        _machine.Awake = 9 * Hour;
        Assert.False(IsGone(_machine));
        _machine.Awake += (10 * Minute) - 1;
        Assert.False(IsGone(_machine));
        _machine.Awake++;
        Assert.True(IsGone(_machine));
    }

    [Fact]
    public void An_entry_of_a_leader_that_did_not_know_of_the_level_yet_ages_nothing()
    {
        Write(_machine, "/t", Minute);
        _machine.State.Apply(_machine.Index + 1, _machine.Term, _machine.Now + Hour, [], []);
        Assert.Empty(Due(_machine));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20 * Minute)]
    [InlineData(2 * Hour)]
    public void A_ttl_from_before_the_level_goes_on_from_the_age_that_it_has(long age)
    {
        var machine = At(FeatureLevels.AwakeClock - 1);
        Write(machine, "/t", 30 * Minute);
        Write(machine, "/busy", 30 * Minute);
        machine.Put("/busy/x");
        machine.Now += age;
        machine.Put("/time");
        machine.RaiseLevel(FeatureLevels.AwakeClock);
        machine.Now += 5 * Hour;
        var left = Math.Max(0, (30 * Minute) - age);
        if (left > 0)
        {
            machine.Awake = machine.Now;
            machine.Put("/first");
            Pass(machine, left - 1);
            Assert.Empty(Due(machine));
            Pass(machine, 1);
        }

        machine.Delete("/busy/x");
        Assert.Equal(["/busy", "/t"], Due(machine).Select(static node => node.Path).Order(StringComparer.Ordinal));
        Assert.True(IsGone(machine));
    }

    [Fact]
    public void A_snapshot_that_began_before_the_switch_knows_no_starts_and_those_behind_it_do()
    {
        var machine = At(FeatureLevels.AwakeClock - 1);
        Write(machine, "/t", 30 * Minute);
        var before = SnapshotTests.Write(machine.State);
        using (var snapshot = machine.State.BeginSnapshot())
        {
            machine.RaiseLevel(FeatureLevels.AwakeClock);
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            Assert.False(snapshot.WriteNext(output, int.MaxValue));
            Assert.Equal(before.SelectMany(static block => block).Count(), output.WrittenCount);
        }

        machine.Put("/first");
        Pass(machine, 10 * Minute);
        var loaded = new Machine(
            SnapshotTests.Load(SnapshotTests.Write(machine.State), StateMachineOptions.Default), machine.Index)
        {
            Now = machine.Now,
            Awake = machine.Awake,
        };
        Assert.Equal(machine.State.Digest, loaded.State.Digest);
        Pass(loaded, (20 * Minute) - 1);
        Assert.False(IsGone(loaded));
        Pass(loaded, 1);
        Assert.True(IsGone(loaded));
    }

    [Fact]
    public void In_a_new_cluster_the_age_goes_on_and_its_leaders_count_from_the_beginning()
    {
        Write(_machine, "/t", 30 * Minute);
        Pass(_machine, 20 * Minute);
        _machine.Put("/told");
        _machine.State.Refound(1);
        var founded = new Machine(_machine.State, index: 1) { Now = _machine.Now, Awake = 77 * Hour };
        Assert.False(IsGone(founded));
        Pass(founded, 10 * Minute);
        Assert.True(IsGone(founded));
    }

    [Fact]
    public void A_leader_records_its_time_when_ttl_nodes_wait_and_no_other_entry_has_recorded_it()
    {
        Assert.False(_machine.State.NeedsStamp(1, Later(20_000)));
        Write(_machine, "/t", 30 * Minute);
        Assert.False(_machine.State.NeedsStamp(1, Later(9_999)));
        Assert.True(_machine.State.NeedsStamp(1, Later(10_000)));
        Assert.True(_machine.State.NeedsStamp(2, Later(0)));
        Assert.False(_machine.State.NeedsStamp(2, new EntryStamp(_machine.Now)));
    }

    private static Machine At(int level)
    {
        var machine = new Machine();
        for (var next = FeatureLevels.First + 1; next <= level; next++)
        {
            machine.RaiseLevel(next);
        }

        return machine;
    }

    private static void Write(Machine machine, string path, long ttl)
    {
        // The clock that counts is not to follow the other one.
        machine.Awake ??= machine.Now;
        machine.Run(new WriteOperation(path, Bytes(""), "t", Kind: NodeKind.Ttl, KindGiven: true, TtlMilliseconds: ttl));
    }

    /// <summary>Lets time pass that the leader counts.</summary>
    private static void Pass(Machine machine, long milliseconds)
    {
        machine.Now += milliseconds;
        machine.Awake += milliseconds;
    }

    private EntryStamp Later(long milliseconds) => new(_machine.Now, (_machine.Awake ?? _machine.Now) + milliseconds);

    private static List<IdleNode> Due(Machine machine)
    {
        var due = new List<IdleNode>();
        machine.State.CollectIdleNodes(machine.Term, machine.Stamp, 100, due);
        return due;
    }

    /// <summary>Does as a leader does, and sees whether the node is gone then.</summary>
    private static bool IsGone(Machine machine)
    {
        machine.Run(new RemoveIdleNodesCommand(machine.Term, Due(machine)));
        return machine.Get("/t").Code == ResultCode.NodeNotFound;
    }
}
