using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class RefoundingTests
{
    private static readonly Revision Next = new(Revision.IncarnationStride);

    private readonly Machine _machine = new();

    [Fact]
    public void Nodes_stay_as_they_are_and_the_next_write_has_a_revision_that_the_old_cluster_never_had()
    {
        _machine.Put("/a", "one");
        var before = _machine.Stat("/a");
        var restored = Refound();
        Assert.Equal(Next, restored.State.Revision);
        Assert.Equal(before, restored.Stat("/a"));
        Assert.Equal(Next.Next(), restored.Put("/a", "two").Revision);
    }

    [Fact]
    public void Every_restore_goes_on_at_the_next_multiple()
    {
        _machine.Put("/a");
        var twice = Refound(Refound());
        Assert.Equal(new Revision(2 * Revision.IncarnationStride), twice.State.Revision);
    }

    /// <summary>The same backup a second time: the first cluster that was made of it has used up the next multiple.</summary>
    [Fact]
    public void It_begins_above_a_later_revision_that_is_known()
    {
        _machine.Put("/a");
        _machine.State.Refound(1, above: new Revision(Revision.IncarnationStride + 17));
        Assert.Equal(new Revision(2 * Revision.IncarnationStride), _machine.State.Revision);
    }

    [Fact]
    public void Sessions_have_ended_and_their_ephemerals_and_waits_are_gone_in_one_revision()
    {
        var (one, two) = (_machine.OpenSession(), _machine.OpenSession());
        _machine.Put("/app");
        _machine.PutEphemeral("/app/member", one);
        var held = Body<TicketInfo>(_machine.Acquire("/lock", one)).Ticket;
        var waiting = Body<TicketInfo>(_machine.Acquire("/lock", two)).Ticket;

        var restored = Refound();
        Assert.Equal(0, restored.State.SessionCount);
        Assert.Empty(restored.Children("/app"));
        Assert.Equal(Next, restored.Stat("/app").ChildrenRevision);
        Assert.All([one, two], session => Assert.Equal(
            ResultCode.SessionExpired, restored.State.Read(new ReadSessionRequest(session)).Code));
        Assert.All([held, waiting], ticket => restored.Refuses(
            ResultCode.FenceLost, new MutationCommand(new WriteOperation("/app", Bytes("x"), "")), ticket));
    }

    [Fact]
    public void Old_cursors_are_behind_the_history_and_new_changes_follow_from_the_new_beginning()
    {
        _machine.Put("/a");
        var cursor = _machine.State.Revision;
        var restored = Refound();
        Assert.True(restored.State.ReadHistory(cursor, 10, []).IsCompacted);
        restored.Put("/b");
        var sets = new List<ChangeSet>();
        Assert.False(restored.State.ReadHistory(Next, 10, sets).IsCompacted);
        Assert.Equal((Next, Next.Next()), (Assert.Single(sets).Previous, sets[0].Revision));
    }

    [Fact]
    public void No_lane_of_the_new_cluster_has_an_id_that_one_of_the_old_cluster_could_have()
    {
        var old = _machine.OpenLane();
        var restored = Refound();
        var batch = new CommandBatch(old, 1, [Request(new OpenSessionCommand(10_000, ""), 1)]);
        Assert.Equal(ResultCode.LaneExpired, restored.Apply(batch)[0].Code);
        Assert.True(restored.OpenLane().Value > Revision.IncarnationStride);
    }

    [Fact]
    public void A_repeat_of_a_command_of_the_old_cluster_is_not_executed_again()
    {
        var batch = new CommandBatch(LaneId.None, 0, [Request(new MutationCommand(new AddOperation("/n", 1)), key: "k")]);
        var first = _machine.Apply(batch)[0];
        var restored = Refound();
        Assert.Equal(first with { Replayed = true }, restored.Apply(batch)[0]);
        Assert.Equal("1", Text(restored.Get("/n").Value));
    }

    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    [InlineData(53)]
    public void Refounding_any_state_gives_a_sound_one(int seed)
    {
        var workload = new Workload(seed);
        var state = SnapshotTests.Fill(workload, 1_000);
        state.Refound(1);
        var loaded = SnapshotTests.Load(SnapshotTests.Write(state), SnapshotTests.Small);
        Same.States(state, loaded);
        Assert.Equal(1, loaded.AppliedIndex);
        for (var i = 0; i < 500; i++)
        {
            var entry = workload.NextEntry();
            Same.Results(entry.ApplyTo(state), entry.ApplyTo(loaded));
        }

        Same.States(state, loaded);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_first_block_of_a_snapshot_is_its_summary(int level)
    {
        var machine = level == 2 ? _machine.RaiseLevel(2) : _machine;
        machine.Put("/a");
        var summary = SnapshotSummary.Read(SnapshotTests.Write(machine.State)[0]);
        Assert.Equal(new SnapshotSummary(level, new Revision(1), machine.Index, machine.Now, NodeCount: 2), summary);
    }

    private Machine Refound(Machine? machine = null)
    {
        var state = SnapshotTests.Load(SnapshotTests.Write((machine ?? _machine).State), StateMachineOptions.Default);
        state.Refound(1);
        return new Machine(state, index: 1);
    }
}
