using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Invariants.Reads;
using static Cloudkeeper.Simulation.Tests.Invariants.ConsensusTests;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>The checkers of the client's history, on histories made by hand.</summary>
public sealed class HistoryTests
{
    private readonly CommittedLog _log = new();

    [Fact]
    public void A_read_may_see_any_revision_between_its_call_and_its_answer() => RevisionOrder.Check(
    [
        Write(0, 10, revision: 1),
        Read(12, 30, revision: 1),
        Write(13, 25, revision: 2),
        Read(14, 31, revision: 2),
        Read(31, 40, revision: 2),
    ]);

    [Fact]
    public void A_read_below_a_revision_that_was_answered_before_is_stale() => Broken("linearizability", () =>
        RevisionOrder.Check([Write(0, 10, revision: 2), Read(12, 30, revision: 1)]));

    [Fact]
    public void A_read_below_one_that_was_answered_before_is_stale() => Broken("linearizability", () =>
        RevisionOrder.Check([Read(0, 10, revision: 2), Read(12, 30, revision: 1)]));

    [Fact]
    public void A_write_is_not_decided_before_it_is_asked_for() => Broken("linearizability", () =>
        RevisionOrder.Check([Read(0, 10, revision: 2), Write(12, 30, revision: 2)]));

    [Fact]
    public void A_write_without_an_answer_bounds_no_other() => RevisionOrder.Check(
        [Write(0, long.MaxValue, revision: 9), Read(12, 30, revision: 1), Read(31, 32, revision: 9)]);

    [Fact]
    public void A_value_that_was_not_there_at_that_revision_is_noticed()
    {
        var stat = _log.Stat();
        _log.Add(new OpenLaneCommand(), changes: [_log.Created("/a", value: [1])]);
        _log.Add(new OpenLaneCommand(), changes: [_log.Deleted("/a")]);

        Check(ReadNode(1, stat, [1]));
        Check(ReadNode(2, null, [], absentSince: 2));
        Broken("read values", () => Check(ReadNode(2, null, [])));
        Broken("read values", () => Check(ReadNode(1, stat, [2])));
        Broken("read values", () => Check(ReadNode(1, null, [])));
        Broken("read values", () => Check(ReadNode(2, stat, [1])));
    }

    [Fact]
    public void A_missing_child_is_noticed()
    {
        _log.Add(new OpenLaneCommand(), changes: [_log.Created("/a"), _log.Created("/a/x"), _log.Created("/a/y")]);
        Check(ReadChildren("x", "y"));
        Broken("read values", () => Check(ReadChildren("x")));
    }

    [Fact]
    public void A_session_that_is_reported_alive_after_its_end_is_noticed()
    {
        var session = _log.OpenSession();
        _log.Expire(session);
        Check(ReadSession(session, 1, ResultCode.Ok));
        Check(ReadSession(session, 2, ResultCode.SessionExpired));
        Broken("read values", () => Check(ReadSession(session, 2, ResultCode.Ok)));
        Broken("read values", () => Check(ReadSession(session, 1, ResultCode.SessionExpired)));
    }

    [Fact]
    public void A_read_below_the_revision_that_was_asked_for_is_noticed() =>
        Broken("read values", () => Check(ReadNode(1, null, [], minRevision: 2)));

    [Fact]
    public void E2_a_client_gets_another_answer_than_was_decided()
    {
        _log.Add(new OpenLaneCommand());
        _log.Facts.ToldTheTruth.Check(Told(CallOutcome.Answered, revision: 1));
        Broken("E2", () => _log.Facts.ToldTheTruth.Check(Told(CallOutcome.Answered, revision: 2)));
        Broken("E2", () => _log.Facts.ToldTheTruth.Check(Told(CallOutcome.Answered, revision: 1, serial: 5)));
    }

    [Fact]
    public void E4_a_command_that_was_reported_as_failed_was_executed()
    {
        _log.Add(new OpenLaneCommand());
        _log.Facts.ToldTheTruth.Check(Told(CallOutcome.Unknown, revision: 0));
        _log.Facts.ToldTheTruth.Check(Told(CallOutcome.Failed, revision: 0, serial: 5));
        Broken("E4", () => _log.Facts.ToldTheTruth.Check(Told(CallOutcome.Failed, revision: 0)));
    }

    [Fact]
    public void E1_a_decided_command_was_sent_under_another_number_as_well()
    {
        _log.Add(new OpenLaneCommand());
        _log.Add(new OpenLaneCommand());
        var twice = Told(CallOutcome.Answered, revision: 2);
        twice.Sent(new LaneId(1), 2);
        Broken("E1", () => _log.Facts.ToldTheTruth.Check(twice));
    }

    private static TimedRevision Write(long invoked, long returned, long revision) =>
        new(invoked, returned, new Revision(revision), IsWrite: true, "write");

    private static TimedRevision Read(long invoked, long returned, long revision) =>
        new(invoked, returned, new Revision(revision), IsWrite: false, "read");

    private static HistoryOperation Told(CallOutcome outcome, long revision, long serial = 1)
    {
        var operation = new HistoryOperation
        {
            Client = 1,
            Invoked = 0,
            Request = new CommandRequest(0, null, 0, [], new OpenLaneCommand()),
            Outcome = outcome,
            Result = new CommandResult(ResultCode.Ok, new Revision(revision), Replayed: false, null),
        };
        operation.Sent(new LaneId(1), serial);
        return operation;
    }

    private static HistoryOperation Answered(
        ReadRequest request, ReadResult result, long revision, long minRevision = 0) => new()
        {
            Client = 1,
            Invoked = 0,
            Read = request,
            ReadResult = result,
            Revision = new Revision(revision),
            MinRevision = new Revision(minRevision),
            Outcome = CallOutcome.Answered,
        };

    private static HistoryOperation ReadNode(
        long revision, NodeStat? stat, byte[] value, long minRevision = 0, long absentSince = 0)
    {
        var code = stat is null ? ResultCode.NodeNotFound : ResultCode.Ok;
        var result = new ReadNodeResult(code, stat, "text/plain", value, new Revision(absentSince));
        return Answered(new ReadNodeRequest("/a", WithValue: true), result, revision, minRevision);
    }

    private static HistoryOperation ReadChildren(params string[] names) => Answered(
        new ReadChildrenRequest("/a", "", 10, false),
        new ReadChildrenResult(
            ResultCode.Ok,
            default(NodeStat),
            default,
            [.. names.Select(n => new ChildEntry(n, "", default, default))],
            HasMore: false),
        revision: 1);

    private static HistoryOperation ReadSession(SessionId session, long revision, ResultCode code) => Answered(
        new ReadSessionRequest(session), new ReadSessionResult(code, null, [], -1), revision);

    private void Check(HistoryOperation read) => _log.Facts.ReadValues.Check(read);
}
