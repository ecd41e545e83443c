using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.Sessions;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class SessionTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void A_session_is_the_revision_that_opened_it()
    {
        _machine.Put("/a");
        var info = Body<SessionInfo>(_machine.Run(new OpenSessionCommand(10_000, "worker")));
        Assert.Equal(new SessionInfo(new SessionId(2), "worker", 10_000, Start, null, 0), info);
        Assert.Equal(new Revision(2), _machine.State.Revision);
        Assert.Empty(_machine.LastChange().Changes);
        Assert.True(_machine.State.IsAlive(info.Id));
    }

    [Theory]
    [InlineData(999, 1)]
    [InlineData(3_600_001, 1)]
    [InlineData(10_000, 257)]
    public void A_session_out_of_bounds_is_refused(long ttl, int nameLength) =>
        _machine.Refuses(ResultCode.InvalidOperation, new OpenSessionCommand(ttl, new string('n', nameLength)));

    [Fact]
    public void Closing_takes_the_ephemeral_nodes_in_the_same_revision()
    {
        var session = _machine.OpenSession();
        _machine.Put("/p");
        _machine.PutEphemeral("/p/b", session);
        _machine.PutEphemeral("/p/a", session);
        _machine.PutEphemeral("/c", session);
        _machine.Delete("/c");
        Assert.Equal(["/p/b", "/p/a"], ReadSession(session).Ephemerals);

        var result = _machine.Run(new CloseSessionCommand(session));
        Assert.Equal(SessionEndReason.Closed, Body<SessionInfo>(result).EndReason);
        var set = _machine.LastChange();
        Assert.Equal(result.Revision, set.Revision);
        Assert.Equal(["/p/a", "/p/b"], Paths(set));
        Assert.Equal([session], set.EndedSessions);
        Assert.Empty(_machine.Children("/p"));
    }

    [Fact]
    public void An_ended_session_is_told_apart_from_one_that_never_was()
    {
        var session = _machine.OpenSession();
        _machine.Run(new CloseSessionCommand(session));
        var refused = _machine.Refuses(ResultCode.SessionExpired, new CloseSessionCommand(session));
        Assert.Equal(SessionEndReason.Closed, Assert.IsType<SessionInfo>(refused.Body).EndReason);
        Assert.Equal(ResultCode.SessionExpired, _machine.PutEphemeral("/e", session).Code);
        Assert.Equal(ResultCode.SessionExpired, ReadSession(session).Code);
        _machine.Refuses(ResultCode.SessionNotFound, new CloseSessionCommand(new SessionId(77)));
        Assert.Equal(ResultCode.SessionNotFound, _machine.PutEphemeral("/e", new SessionId(77)).Code);
        Assert.Equal(ResultCode.SessionNotFound, ReadSession(new SessionId(77)).Code);
    }

    [Fact]
    public void Ended_sessions_are_remembered_for_ten_minutes()
    {
        var session = _machine.OpenSession();
        _machine.Run(new CloseSessionCommand(session));
        _machine.Now += SessionTable.EndedRetentionMilliseconds - 1;
        _machine.Refuses(ResultCode.SessionExpired, new CloseSessionCommand(session));
        _machine.Now += 1;
        _machine.Refuses(ResultCode.SessionNotFound, new CloseSessionCommand(session));
    }

    [Fact]
    public void Ended_sessions_are_bounded_in_number()
    {
        var machine = new Machine(new StateMachineOptions { EndedSessionsMax = 2 });
        var sessions = Enumerable.Range(0, 3).Select(_ => machine.OpenSession()).ToArray();
        Assert.All(sessions, session => machine.Run(new CloseSessionCommand(session)));
        machine.Refuses(ResultCode.SessionNotFound, new CloseSessionCommand(sessions[0]));
        machine.Refuses(ResultCode.SessionExpired, new CloseSessionCommand(sessions[1]));
    }

    [Fact]
    public void An_expiry_ends_those_that_still_live_in_one_revision()
    {
        var first = _machine.OpenSession();
        var closed = _machine.OpenSession();
        var second = _machine.OpenSession();
        _machine.PutEphemeral("/a", first);
        _machine.PutEphemeral("/b", second);
        _machine.Run(new CloseSessionCommand(closed));
        var result = _machine.Run(Expire(1, first, closed, second, new SessionId(99)));
        Assert.Equal(ResultCode.Ok, result.Code);
        Assert.Equal([first, second], _machine.LastChange().EndedSessions);
        Assert.Equal(["/a", "/b"], Paths(_machine.LastChange()));
        var info = ReadSession(first).Session!;
        Assert.Equal((SessionEndReason.Ttl, Start - 7), (info.EndReason, info.LastKeepaliveAt));
    }

    [Fact]
    public void An_expiry_decided_in_another_term_is_void()
    {
        var session = _machine.OpenSession();
        var before = _machine.State.Revision;
        _machine.Term = 2;
        Assert.Equal(ResultCode.Ok, _machine.Run(Expire(1, session)).Code);
        Assert.True(_machine.State.IsAlive(session));
        Assert.Equal(before, _machine.State.Revision);
    }

    [Fact]
    public void Sessions_are_bounded_in_number()
    {
        var machine = new Machine(new StateMachineOptions { SessionsMax = 2 });
        var first = machine.OpenSession();
        machine.OpenSession();
        machine.Refuses(ResultCode.Overloaded, new OpenSessionCommand(10_000, ""));
        machine.Refuses(ResultCode.Overloaded, new AcquireLockCommand("/l", null, 10_000, "", true));
        machine.Run(new CloseSessionCommand(first));
        machine.OpenSession();
    }

    [Fact]
    public void Sessions_are_listed_in_pages()
    {
        var sessions = Enumerable.Range(0, 5).Select(_ => _machine.OpenSession()).ToArray();
        var page = (ReadSessionsResult)_machine.State.Read(new ReadSessionsRequest(sessions[1], 2));
        Assert.Equal(sessions[2..4], page.Sessions.Select(entry => entry.Session.Id));
        Assert.True(page.HasMore);
        var last = (ReadSessionsResult)_machine.State.Read(new ReadSessionsRequest(sessions[3], 2));
        Assert.Equal((1, false), (last.Sessions.Count, last.HasMore));
        Assert.Equal(sessions[3..], _machine.State.LiveSessions(sessions[2]).Select(session => session.Id));
    }

    private static ExpireSessionsCommand Expire(long term, params SessionId[] sessions) =>
        new(term, sessions.Select(session => new ExpiredSession(session, Start - 7)).ToArray());

    private ReadSessionResult ReadSession(SessionId session) =>
        (ReadSessionResult)_machine.State.Read(new ReadSessionRequest(session));
}
