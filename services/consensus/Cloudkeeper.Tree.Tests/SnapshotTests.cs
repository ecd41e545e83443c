using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree.Snapshots;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class SnapshotTests
{
    internal static readonly StateMachineOptions Small = new()
    {
        HistorySetsMax = 200,
        HistoryBytesMax = 60_000,
        HistoryFactBytesMax = 60_000,
        HistoryValueBytesMax = 60_000,
        TombstonesMax = 50,
        EndedSessionsMax = 20,
        LanesMax = 8,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_snapshot_is_of_the_moment_it_began_at_through_all_changes_while_it_is_written(int seed)
    {
        var random = new Random(seed);
        var workload = new Workload(seed);
        var live = new StateMachine(Small);
        var twin = new StateMachine(Small);
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < random.Next(150); i++)
            {
                ApplyNext(workload, live, twin);
            }

            using var snapshot = live.BeginSnapshot();
            Assert.Equal((twin.Revision, twin.AppliedIndex), (snapshot.Revision, snapshot.AppliedIndex));
            var since = new List<Entry>();
            var loader = new StateMachineLoader(Small);
            var block = new ArrayBufferWriter<byte>();
            for (var more = true; more;)
            {
                more = snapshot.WriteNext(block, random.Next(1, 3_000));
                loader.Add(block.WrittenSpan);
                block.Clear();
                since.AddRange(Enumerable.Range(0, random.Next(4)).Select(_ => ApplyNext(workload, live)));
            }

            var loaded = loader.Complete();
            Same.States(twin, loaded);
            foreach (var entry in since)
            {
                Same.Results(entry.ApplyTo(twin), entry.ApplyTo(loaded));
            }

            Same.States(live, loaded);
        }
    }

    [Fact]
    public void A_loaded_state_answers_retries_like_the_one_it_was_taken_from()
    {
        var workload = new Workload(9);
        var live = new StateMachine(StateMachineOptions.Default);
        for (var i = 0; i < 2_000; i++)
        {
            ApplyNext(workload, live);
        }

        var loaded = Load(Write(live), StateMachineOptions.Default);
        for (var i = 0; i < 500; i++)
        {
            var entry = workload.NextEntry();
            var results = entry.ApplyTo(live);
            workload.Learn(results);
            Same.Results(results, entry.ApplyTo(loaded));
        }

        Same.States(live, loaded);
    }

    [Fact]
    public void Only_one_snapshot_is_written_at_a_time()
    {
        var state = new StateMachine(StateMachineOptions.Default);
        var first = state.BeginSnapshot();
        Assert.Throws<InvariantViolationException>(state.BeginSnapshot);
        first.Dispose();
        using var second = state.BeginSnapshot();
        Assert.Throws<ObjectDisposedException>(() => first.WriteNext(new ArrayBufferWriter<byte>(), 1));
    }

    [Fact]
    public void A_snapshot_that_is_cut_short_or_changed_is_refused()
    {
        var machine = new Machine();
        machine.Put("/a", "one");
        machine.Put("/b", "two");
        var blocks = Write(machine.State, byteBudget: 1);
        Assert.Throws<WireFormatException>(() => Load([], StateMachineOptions.Default));
        for (var i = 0; i < blocks.Count; i++)
        {
            Assert.Throws<WireFormatException>(() => Load([.. blocks.Take(i), .. blocks.Skip(i + 1)], StateMachineOptions.Default));
        }

        var changed = blocks.Select(block => block.ToArray()).ToArray();
        var index = Array.FindIndex(changed, block => block.AsSpan().IndexOf("one"u8) >= 0);
        changed[index][changed[index].AsSpan().IndexOf("one"u8)] = (byte)'X';
        Assert.Throws<WireFormatException>(() => Load(changed, StateMachineOptions.Default));
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        var blocks = Write(Fill(new Workload(5), 300));
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            var copy = blocks.Select(block => block.ToArray()).ToArray();
            var block = copy[random.Next(copy.Length)];
            block[random.Next(block.Length)] ^= (byte)random.Next(1, 256);

            // A flipped bit in what no digest covers (the body of a stored result) does no harm here: storage has checksums.
            if (Record.Exception(() => Load(copy, Small)) is { } exception)
            {
                Assert.True(exception is WireFormatException or FeatureLevelException, exception.ToString());
            }
        }
    }

    [Fact]
    public void Smaller_bounds_after_a_restart_do_not_keep_a_snapshot_from_loading()
    {
        var live = Fill(new Workload(3), 800);
        var bounds = new StateMachineOptions { HistorySetsMax = 2, TombstonesMax = 1, EndedSessionsMax = 1 };
        var loaded = Load(Write(live), bounds);
        Assert.Equal(live.Digest, loaded.Digest);
        var machine = new Machine(loaded, loaded.AppliedIndex) { Now = loaded.Time };
        machine.Put("/after");
        Assert.Equal(loaded.Revision.Value - 1, loaded.OldestRevision.Value);
    }

    [Theory]
    [InlineData("/", "/a", -1)]
    [InlineData("/a", "/a/b", -1)]
    [InlineData("/a/b", "/a-b", -1)]
    [InlineData("/a-b", "/b", -1)]
    [InlineData("/a/b", "/a/b", 0)]
    [InlineData("/b", "/a/z", 1)]
    public void The_order_of_a_walk_keeps_subtrees_together(string left, string right, int order)
    {
        Assert.Equal(order, Math.Sign(WalkOrder.Compare(left, right)));
        Assert.Equal(-order, Math.Sign(WalkOrder.Compare(right, left)));
    }

    /// <summary>A block of the storage has room for 16 MiB.</summary>
    [Theory]
    [InlineData(FeatureLevels.First)]
    [InlineData(FeatureLevels.Newest)]
    public void A_record_that_is_larger_than_a_block_is_written_in_parts(int level)
    {
        var machine = new Machine();
        for (var next = FeatureLevels.First + 1; next <= level; next++)
        {
            machine.RaiseLevel(next);
        }

        var lane = machine.OpenLane();
        var paths = Enumerable.Range(0, 20).Select(i => $"/big/{i}").ToList();
        machine.Put("/big");
        paths.ForEach(path => machine.Put(path, new string('x', Limits.ValueBytesMax)));
        var get = new TransactionCommand([], [.. paths.Select(path => new GetOperation(path))], []);
        var results = machine.Apply(new CommandBatch(lane, 1, [Request(get, serial: 1, "key"), Request(get, serial: 2)]));
        machine.Delete("/big", recursive: true);
        machine.Put("/last");

        var blocks = Write(machine.State, byteBudget: 128 << 10);
        Assert.True(blocks.Max(block => block.Length) < 16 << 20, "a block is too large");
        Assert.True(blocks.Count(block => block.Length < 2 << 20) > 30, "too much is written in one slice");
        var loaded = new Machine(Load(blocks, StateMachineOptions.Default), machine.Index) { Now = machine.Now };
        Same.States(machine.State, loaded.State);
        var again = new CommandBatch(lane, 1, [Request(get, serial: 1, "key"), Request(get, serial: 2)]);
        Same.Results(results, loaded.Apply(again));
    }

    internal static List<byte[]> Write(StateMachine state, int byteBudget = 5_000)
    {
        using var snapshot = state.BeginSnapshot();
        return Rest(snapshot, byteBudget);
    }

    /// <summary>The blocks that have not been written yet.</summary>
    internal static List<byte[]> Rest(SnapshotCursor snapshot, int byteBudget = 5_000)
    {
        var blocks = new List<byte[]>();
        var block = new ArrayBufferWriter<byte>();
        for (var more = true; more;)
        {
            more = snapshot.WriteNext(block, byteBudget);
            blocks.Add(block.WrittenSpan.ToArray());
            block.Clear();
        }

        return blocks;
    }

    internal static StateMachine Load(IEnumerable<byte[]> blocks, StateMachineOptions options)
    {
        var loader = new StateMachineLoader(options);
        foreach (var block in blocks)
        {
            loader.Add(block);
        }

        return loader.Complete();
    }

    internal static StateMachine Fill(Workload workload, int entries)
    {
        var state = new StateMachine(Small);
        for (var i = 0; i < entries; i++)
        {
            ApplyNext(workload, state);
        }

        return state;
    }

    private static Entry ApplyNext(Workload workload, StateMachine state, StateMachine? twin = null)
    {
        var entry = workload.NextEntry();
        var results = entry.ApplyTo(state);
        workload.Learn(results);
        if (twin is not null)
        {
            Same.Results(results, entry.ApplyTo(twin));
        }

        return entry;
    }
}
