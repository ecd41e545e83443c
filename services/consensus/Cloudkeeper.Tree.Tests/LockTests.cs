using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.Locks;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class LockTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void The_first_one_holds_and_the_others_wait_in_order()
    {
        var sessions = Enumerable.Range(0, 3).Select(_ => _machine.OpenSession()).ToArray();
        var tickets = sessions.Select(session => Body<TicketInfo>(_machine.Acquire("/jobs/lock", session))).ToArray();
        Assert.Equal([0, 1, 2], tickets.Select(ticket => ticket.Position));
        Assert.True(tickets[0].IsHeld);
        Assert.Equal(["/jobs/lock"], tickets.Select(ticket => ticket.Path).Distinct());
        _machine.Run(new ReleaseTicketCommand(tickets[1].Ticket));
        Assert.Equal(1, Position(tickets[2].Ticket));
        _machine.Run(new CloseSessionCommand(sessions[0]));
        Assert.Equal(0, Position(tickets[2].Ticket));
    }

    [Fact]
    public void A_ticket_is_an_ordinary_node_under_the_name_that_curator_gives_it()
    {
        var session = _machine.OpenSession();
        var ticket = Body<TicketInfo>(_machine.Acquire("/jobs/lock", session, owner: "worker-7"));
        Assert.Equal(new Ticket(2), ticket.Ticket);
        Assert.Equal("/jobs/lock/_c_00000000000000000000000000000002-lock-0000000000", ticket.Node);
        Assert.Equal(session, _machine.Stat(ticket.Node).EphemeralOwner);
        Assert.Equal("worker-7", Text(_machine.Get(ticket.Node).Value));
        Assert.Equal((NodeKind.Container, NodeKind.Container), (_machine.Stat("/jobs").Kind, _machine.Stat("/jobs/lock").Kind));
        Assert.Equal(new Revision(2), _machine.State.Revision);
    }

    [Fact]
    public void The_same_session_gets_its_ticket_again()
    {
        var session = _machine.OpenSession();
        var first = _machine.Acquire("/lock", session);
        var before = _machine.State.Revision;
        Assert.Equal(first.Body, _machine.Acquire("/lock", session).Body);
        Assert.Equal(before, _machine.State.Revision);
        Assert.NotEqual(first.Body, _machine.Acquire("/lock2", session).Body);
    }

    [Fact]
    public void A_session_of_many_nodes_still_finds_its_ticket()
    {
        var session = _machine.OpenSession();
        var ticket = _machine.Acquire("/lock", session);
        for (var i = 0; i < 5; i++)
        {
            _machine.PutEphemeral($"/e{i}", session);
        }

        Assert.Equal(ticket.Body, _machine.Acquire("/lock", session).Body);
    }

    [Fact]
    public void Without_a_queue_a_held_lock_is_refused_with_its_holder()
    {
        var holder = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession(), owner: "first"));
        var session = _machine.OpenSession();
        var refused = _machine.Refuses(ResultCode.LockHeld, new AcquireLockCommand("/lock", session, 0, "second", Queue: false));
        Assert.Equal([holder], Assert.IsType<TicketList>(refused.Body).Tickets);
        _machine.Run(new ReleaseTicketCommand(holder.Ticket));
        Assert.True(Body<TicketInfo>(_machine.Acquire("/lock", session, queue: false)).IsHeld);
    }

    [Fact]
    public void A_ticket_can_have_a_session_of_its_own_which_ends_with_it()
    {
        var result = _machine.Acquire("/lock", session: null);
        var ticket = Body<TicketInfo>(result);
        Assert.Equal(new Revision(1), result.Revision);
        Assert.True(_machine.State.IsAlive(ticket.Session));
        var released = _machine.Run(new ReleaseTicketCommand(ticket.Ticket));
        Assert.Equal(new Revision(2), released.Revision);
        Assert.False(_machine.State.IsAlive(ticket.Session));
        Assert.Equal([ticket.Session], _machine.LastChange().EndedSessions);
        Assert.Equal([ticket.Node], Paths(_machine.LastChange()));
        _machine.Refuses(ResultCode.TicketNotFound, new ReleaseTicketCommand(ticket.Ticket));
    }

    [Fact]
    public void A_ticket_of_a_given_session_leaves_the_session_alone()
    {
        var session = _machine.OpenSession();
        var ticket = Body<TicketInfo>(_machine.Acquire("/lock", session)).Ticket;
        _machine.Run(new ReleaseTicketCommand(ticket));
        Assert.True(_machine.State.IsAlive(session));
        Assert.Equal(ResultCode.TicketNotFound, _machine.State.Read(new ReadTicketRequest(ticket)).Code);
    }

    [Fact]
    public void Deleting_a_tickets_node_releases_it()
    {
        var first = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession()));
        var second = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession()));
        _machine.Delete(first.Node);
        Assert.Equal(0, Position(second.Ticket));
        _machine.Refuses(ResultCode.TicketNotFound, new ReleaseTicketCommand(first.Ticket));
        _machine.Delete("/lock", recursive: true);
        Assert.Equal(ResultCode.TicketNotFound, _machine.State.Read(new ReadTicketRequest(second.Ticket)).Code);
    }

    [Fact]
    public void Contenders_of_zookeepers_recipes_queue_with_ours()
    {
        var session = _machine.OpenSession();
        _machine.Put("/lock");
        var kazoo = Contend("abcdef__lock__", session);
        var ours = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession()));
        var curator = Contend("_c_7b0d2b2c-3a0f-4a52-8c2f-6d1f7a1b2c3d-lock-", session);
        var manual = Contend("lock-", session);
        Contend("read-", session);
        _machine.Put("/lock/config");
        Assert.Equal([kazoo, ours.Node, curator, manual], Queue("/lock").Select(ticket => ticket.Node));
        Assert.Equal(1, ours.Position);
        _machine.Delete(kazoo);
        Assert.Equal(0, Position(ours.Ticket));
        Assert.Equal(["/lock"], Queue("/lock").Select(ticket => ticket.Path).Distinct());
    }

    [Fact]
    public void A_node_made_by_hand_under_an_old_number_does_not_jump_the_queue()
    {
        var ours = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession()));
        _machine.Put("/lock/lock--000000001");
        _machine.Put("/lock/lock-0000000000");
        Assert.Equal(0, Position(ours.Ticket));
        Assert.Equal(3, Queue("/lock").Length);
    }

    [Fact]
    public void The_queue_goes_on_in_order_when_the_numbers_overflow()
    {
        var state = new TreeState(StateMachineOptions.Default);
        state.Nodes.Root.Creations = int.MaxValue;
        var machine = new Machine(new StateMachine(state));
        var tickets = Enumerable.Range(0, 3).Select(_ => Body<TicketInfo>(machine.Acquire("/", session: null))).ToArray();
        Assert.Equal([0, 1, 2], tickets.Select(ticket => ticket.Position));
        Assert.EndsWith("-lock-2147483647", tickets[0].Node, StringComparison.Ordinal);
        Assert.EndsWith("-lock--2147483648", tickets[1].Node, StringComparison.Ordinal);
        machine.Run(new ReleaseTicketCommand(tickets[0].Ticket));
        Assert.True(((ReadTicketResult)machine.State.Read(new ReadTicketRequest(tickets[1].Ticket))).Ticket!.IsHeld);
    }

    [Fact]
    public void A_fence_lets_pass_only_while_its_ticket_is_held()
    {
        var first = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession())).Ticket;
        var second = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession())).Ticket;
        var write = new MutationCommand(new WriteOperation("/data", Bytes("x"), "t"));
        Assert.Equal(ResultCode.Ok, _machine.Run(write, first).Code);
        _machine.Refuses(ResultCode.FenceLost, write, second);
        _machine.Refuses(ResultCode.FenceLost, write, first, second);
        _machine.Run(new ReleaseTicketCommand(first));
        _machine.Refuses(ResultCode.FenceLost, write, first);
        Assert.Equal(ResultCode.Ok, _machine.Run(write, second).Code);
        _machine.Refuses(ResultCode.FenceLost, new MutationCommand(new WriteOperation("bad", Bytes(""), "t")), first);
        _machine.Refuses(ResultCode.FenceLost, write, new Ticket(99));
    }

    [Fact]
    public void A_lock_that_cannot_be_is_refused_without_a_trace()
    {
        var session = _machine.OpenSession();
        var acquire = new AcquireLockCommand("/lock", session, 0, "me", Queue: true);
        _machine.PutEphemeral("/e", session);
        _machine.Refuses(ResultCode.InvalidPath, acquire with { Path = "lock" });
        _machine.Refuses(ResultCode.InvalidPath, acquire with { Path = "/" + new string('x', 1_000) });
        _machine.Refuses(ResultCode.EphemeralParent, acquire with { Path = "/e" });
        _machine.Refuses(ResultCode.EphemeralParent, acquire with { Path = "/e/lock", Session = null, TtlMilliseconds = 5_000 });
        _machine.Refuses(ResultCode.InvalidOperation, acquire with { Owner = new string('o', 257) });
        _machine.Refuses(ResultCode.InvalidOperation, acquire with { Session = null, TtlMilliseconds = 1 });
        _machine.Refuses(ResultCode.SessionNotFound, acquire with { Session = new SessionId(99) });
        Assert.Empty(Queue("/lock"));
    }

    [Theory]
    [InlineData("lock-0000000007", true)]
    [InlineData("_c_00ff-lock-0000000007", true)]
    [InlineData("id__lock__0000000007", true)]
    [InlineData("lock--000000007", true)]
    [InlineData("id__rlock__0000000007", false)]
    [InlineData("lock-", false)]
    [InlineData("lock", false)]
    [InlineData("0000000007", false)]
    [InlineData("block-7x", false)]
    public void Contenders_are_known_by_their_names(string name, bool isContender) =>
        Assert.Equal(isContender, ContenderName.IsContender(name));

    private string Contend(string prefix, SessionId session) => Body<NodeResult>(_machine.Run(
        new CreateSequentialOperation("/lock", prefix, Bytes(""), "t", NodeKind.Ephemeral, session))).Path;

    private int Position(Ticket ticket) =>
        ((ReadTicketResult)_machine.State.Read(new ReadTicketRequest(ticket))).Ticket!.Position;

    private TicketInfo[] Queue(string path) =>
        ((ReadLockResult)_machine.State.Read(new ReadLockRequest(path))).Tickets.Select(result => result.Ticket!).ToArray();
}
