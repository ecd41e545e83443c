using System.Buffers;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Invariants.Reads;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>The endpoints of a node for the requests of gateways.</summary>
internal sealed class NodeRequests(NodeProcess process)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Requests that have not been answered yet.</summary>
    public int OpenCount { get; private set; }

    public void Receive(RequestEnvelope request)
    {
        OpenCount++;
        switch (request.Route)
        {
            case Route.Commands:
                Submit(request);
                break;
            case Route.Reads:
                Read(request);
                break;
            case Route.ReadIndex:
                ReadIndex(request);
                break;
            default:
                Keepalive(request);
                break;
        }
    }

    private void Submit(RequestEnvelope request)
    {
        // The replica takes the bytes over, and the same request may arrive a second time.
        var payload = new byte[EntryPayload.HeaderBytes + request.Body.Length];
        request.Body.CopyTo(payload, EntryPayload.HeaderBytes);
        process.Post(r => r.Submit(payload, outcome => OnSubmitted(request, outcome)));
    }

    private void OnSubmitted(RequestEnvelope request, SubmitOutcome outcome)
    {
        var status = outcome.Status switch
        {
            SubmitStatus.Decided => ReplyStatus.Ok,
            SubmitStatus.NotLeader => ReplyStatus.Misdirected,
            SubmitStatus.Overloaded => ReplyStatus.Overloaded,
            SubmitStatus.TooMuch => ReplyStatus.TooMuch,
            SubmitStatus.StorageFull => ReplyStatus.StorageFull,
            SubmitStatus.Malformed or SubmitStatus.Reserved => ReplyStatus.Malformed,
            _ => ReplyStatus.Unknown,
        };
        Reply(request, status, status == ReplyStatus.Ok ? Encode(outcome.Results, CommandResultCodec.WriteAll) : []);
    }

    private void Read(RequestEnvelope request)
    {
        var batch = ReadRequestCodec.Read(request.Body);
        var consistency = process.World.Options.Bug == Bug.ReadWithoutRound
            ? ReadConsistency.Local
            : batch.Consistency;
        var question = Ask();
        process.Post(r => r.Read(consistency, batch.MinRevision, outcome => OnRead(request, batch, question, outcome)));
    }

    private void OnRead(RequestEnvelope request, ReadBatch batch, Question question, ReadOutcome outcome)
    {
        if (outcome.Status != ReadStatus.Ready)
        {
            Reply(request, StatusOf(outcome.Status), []);
            return;
        }

        if (batch.Consistency == ReadConsistency.Linearizable)
        {
            RequireConfirmed(question);
        }

        var results = new ReadResult[batch.Requests.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = outcome.Machine!.Read(batch.Requests[i]);
        }

        var answer = new ReadBatchResult(outcome.Revision, results) { Cluster = NodeStorage.Cluster };
        Reply(request, ReplyStatus.Ok, Encode(answer, ReadResultCodec.Write));
    }

    private void ReadIndex(RequestEnvelope request)
    {
        var question = Ask();
        process.Post(r => r.ReadPoint((status, revision) =>
        {
            if (status == ReadStatus.Ready)
            {
                RequireConfirmed(question);
                Reply(request, ReplyStatus.Ok, Encode(new ReadPoint(NodeStorage.Cluster, revision), ReadPoint.Write));
            }
            else
            {
                Reply(request, StatusOf(status), []);
            }
        }));
    }

    private static ReplyStatus StatusOf(ReadStatus status) => status switch
    {
        ReadStatus.NotLeader => ReplyStatus.Misdirected,
        ReadStatus.Overloaded => ReplyStatus.Overloaded,
        _ => ReplyStatus.Unavailable,
    };

    private void Keepalive(RequestEnvelope request)
    {
        var sessions = KeepaliveCodec.ReadSessions(request.Body);
        if (process.World.Options.Bug == Bug.ForgetKeepalives)
        {
            var alive = Array.ConvertAll(sessions, s => new KeepaliveResult(s, KeepaliveStatus.Alive, 1_000));
            Reply(request, ReplyStatus.Ok, Encode<IReadOnlyList<KeepaliveResult>>(alive, KeepaliveCodec.WriteResults));
            return;
        }

        var question = Ask();
        process.Post(r => r.Keepalive(sessions, results => OnKeepalive(request, question, results)));
    }

    private void OnKeepalive(RequestEnvelope request, Question question, IReadOnlyList<KeepaliveResult>? results)
    {
        if (results is null)
        {
            Reply(request, ReplyStatus.Misdirected, []);
            return;
        }

        RequireConfirmed(question);
        Reply(request, ReplyStatus.Ok, Encode(results, KeepaliveCodec.WriteResults));
    }

    private Question Ask() => new(process.World.Scheduler.Now, process.World.Checks.Ledger.CommittedIn);

    private void RequireConfirmed(Question question)
    {
        LedWhenAsked.Require(process.Id, process.Replica.Term, question.CommittedIn);
        process.World.Checks.Answering(process, question.Time);
    }

    private byte[] Encode<T>(T value, Action<IBufferWriter<byte>, T> write)
    {
        _bytes.ResetWrittenCount();
        write(_bytes, value);
        return _bytes.WrittenSpan.ToArray();
    }

    private void Reply(RequestEnvelope request, ReplyStatus status, byte[] body)
    {
        if (--OpenCount < 0)
        {
            throw new ViolationException("answers", $"node {process.Id} answers more often than it was asked");
        }

        process.World.Network.Send(new ReplyEnvelope(
            process.Node.Address, request.From, request.Call, status, process.LeaderAddress, body));
    }

    /// <param name="CommittedIn">The newest term that had committed an entry when it came.</param>
    private readonly record struct Question(long Time, Term CommittedIn);
}
