using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

/// <summary>
/// Lists in the order of creation: the ephemeral nodes of a session, and the holder and waiters of a lock.
/// </summary>
public sealed class PageTests
{
    private readonly Machine _machine = new();

    /// <summary>
    /// An entry that is there from the first page to the last appears once, while others come and go.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Pages_together_are_the_ephemeral_nodes_in_the_order_of_their_creation(int seed)
    {
        var random = new Random(seed);
        var session = _machine.OpenSession();
        var other = _machine.OpenSession();
        var there = new List<string>();
        for (var i = 0; i < 2_000; i++)
        {
            Create(random, i % 5 == 0 ? other : session, i % 5 == 0 ? [] : there);
        }

        var stays = there.ToHashSet(StringComparer.Ordinal);
        var found = new List<string>();
        for (Arrival? after = null; after is not null || found.Count == 0;)
        {
            var limit = random.Next(1, 400);
            var page = ReadSession(session, new ArrivalPage(after, limit));
            Assert.InRange(page.Ephemerals.Count, 0, limit);
            found.AddRange(page.Ephemerals);
            after = page.More;
            if (after is not null)
            {
                Assert.Equal(page.Ephemerals[^1], after.Path);
            }

            // The place goes too now and then.
            for (var i = 0; i < 20; i++)
            {
                var path = i == 0 && after is not null ? after.Path : there[random.Next(there.Count)];
                if (_machine.Delete(path).Code == ResultCode.Ok)
                {
                    stays.Remove(path);
                    there.Remove(path);
                    Create(random, session, there);
                }
            }
        }

        Assert.Equal(found.Distinct(StringComparer.Ordinal), found);
        Assert.Subset(found.ToHashSet(StringComparer.Ordinal), stays);
        var known = found.Where(stays.Contains).ToList();
        Assert.Equal(there.Where(known.Contains), known);
    }

    [Fact]
    public void Ephemeral_nodes_of_one_transaction_come_by_their_paths_and_each_place_is_exact()
    {
        var session = _machine.OpenSession();
        string[] paths = ["/d", "/a", "/c", "/b", "/a-b"];
        _machine.Transact([.. paths.Select(path => new WriteOperation(
            path, Bytes(""), "t", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session))]);

        var found = new List<string>();
        Arrival? after = null;
        do
        {
            var page = ReadSession(session, new ArrivalPage(after, 1));
            found.Add(Assert.Single(page.Ephemerals));
            after = page.More;
        }
        while (after is not null);

        Assert.Equal(["/a", "/a-b", "/b", "/c", "/d"], found);
    }

    /// <summary>Two nodes of one revision and path, one of them dead: the list knows the other.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_comes_and_goes_with_its_parent_and_comes_again_in_one_transaction_is_there_once(bool succeeds)
    {
        var session = _machine.OpenSession();
        _machine.PutEphemeral("/kept", session);
        var parent = new WriteOperation("/p", Bytes(""), "t");
        var node = new WriteOperation(
            "/p/a", Bytes(""), "t", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session);
        var last = succeeds ? new WriteOperation("/other", Bytes(""), "t") : (Operation)new DeleteOperation("/absent");
        var result = _machine.Transact(parent, node, new DeleteOperation("/p", Recursive: true), parent, node, last);

        Assert.Equal(succeeds, result.Code == ResultCode.Ok);
        Assert.Equal(succeeds ? ["/kept", "/p/a"] : ["/kept"], ReadSession(session, new ArrivalPage(null, 10)).Ephemerals);
        _machine.Run(new CloseSessionCommand(session));
        Assert.Equal(succeeds ? ["other", "p"] : [], _machine.Children("/"));
        Assert.Empty(succeeds ? _machine.Children("/p") : []);
    }

    [Fact]
    public void A_page_ends_before_its_paths_get_too_large_for_an_answer()
    {
        var session = _machine.OpenSession();
        var name = new string('n', 1_000);
        for (var i = 0; i < 3_000; i++)
        {
            _machine.PutEphemeral($"/{name}{i:d4}", session);
        }

        var page = ReadSession(session, new ArrivalPage(null, Limits.PageSizeMax));
        Assert.InRange(page.Ephemerals.Count, 1_900, 2_100);
        Assert.NotNull(page.More);

        // A client that knows of no pages gets no mark of a next one, and no more entries either.
        var old = ReadSession(session, null);
        Assert.Equal(page.Ephemerals, old.Ephemerals);
        Assert.Null(old.More);
    }

    [Fact]
    public void Pages_of_a_lock_go_on_in_its_queue_with_the_right_positions()
    {
        var tickets = Enumerable.Range(0, 1_500).Select(_ => Body<TicketInfo>(_machine.Acquire("/lock", null)).Ticket).ToList();
        var first = ReadLock(new ArrivalPage(null, 600));
        Assert.Equal(tickets[..600], first.Tickets.Select(t => t.Ticket!.Ticket));
        Assert.True(first.Tickets[0].Ticket!.IsHeld);

        // The ticket at the place gives up, and one before it as well: all move up.
        _machine.Run(new ReleaseTicketCommand(tickets[599]));
        _machine.Run(new ReleaseTicketCommand(tickets[10]));
        var second = ReadLock(new ArrivalPage(first.More, 600));
        Assert.Equal(tickets[600..1_200], second.Tickets.Select(t => t.Ticket!.Ticket));
        Assert.Equal(Enumerable.Range(598, 600), second.Tickets.Select(t => t.Ticket!.Position));
        var last = ReadLock(new ArrivalPage(second.More, 600));
        Assert.Equal((300, 1_497), (last.Tickets.Count, last.Tickets[^1].Ticket!.Position));
        Assert.Null(last.More);
    }

    [Fact]
    public void A_place_that_is_none_is_refused()
    {
        var session = _machine.OpenSession();
        var nowhere = new ArrivalPage(new Arrival(new Revision(1), ""), 10);
        Assert.Equal(ResultCode.InvalidPath, ReadSession(session, nowhere).Code);
        Assert.Equal(ResultCode.InvalidPath, ReadLock(nowhere).Code);
        Assert.Empty(ReadLock(new ArrivalPage(new Arrival(new Revision(1), "/"), 10)).Tickets);
    }

    private void Create(Random random, SessionId session, List<string> there)
    {
        var path = $"/{random.Next():x8}-{_machine.Index}";
        Assert.Equal(ResultCode.Ok, _machine.PutEphemeral(path, session).Code);
        there.Add(path);
    }

    private ReadSessionResult ReadSession(SessionId session, ArrivalPage? page) =>
        (ReadSessionResult)_machine.State.Read(new ReadSessionRequest(session, page));

    private ReadLockResult ReadLock(ArrivalPage? page) => (ReadLockResult)_machine.State.Read(new ReadLockRequest("/lock", page));
}
