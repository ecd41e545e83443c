using System.Buffers;
using System.Net;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Reads;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Node.Tests.Reads;

/// <summary>
/// AT-27 in short, behind the real web server: many clients ask for large lists of all kinds at once, and writes go on.
/// The long one is <c>AttackMeasurements.Listings</c> of the system tests, run by hand as described there.
/// </summary>
public sealed class ListingFloodTests : IDisposable
{
    private const int Entries = 10_000;
    private const int AtOnce = 48;

    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-flood-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task While_large_lists_are_asked_for_by_many_at_once_writes_go_on_and_memory_is_given_back()
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        var session = Assert.IsType<SessionInfo>((await node.ExecuteAsync(new OpenSessionCommand(3_600_000, "s"))).Body).Id;
        await node.WriteAsync("/many", "");
        await FillAsync(node, i => Write($"/many/{i:d5}", null));
        await FillAsync(node, i => Write($"/ephemeral-{i:d5}", session));
        await FillAsync(node, _ => new AcquireLockCommand("/lock", null, 3_600_000, "me", Queue: true));
        var term = node.Replica.State.Term;

        ReadRequest[] kinds =
        [
            new ReadChildrenRequest("/many", "", Entries, WithValues: false),
            new ReadSubtreeRequest("/", "", 2, Entries, WithValues: true),
            new ReadSessionRequest(session, new ArrivalPage(null, Entries)),
            new ReadLockRequest("/lock", new ArrivalPage(null, Entries)),
            new ReadSessionsRequest(default, Entries),
        ];
        var floods = Enumerable.Range(0, AtOnce).Select(i => FloodAsync(node, kinds[i % kinds.Length])).ToArray();
        var writes = 0;
        while (writes == 0 || !floods.All(flood => flood.IsCompleted))
        {
            await node.WriteAsync("/good", $"{writes++}");
        }

        Assert.All(await Task.WhenAll(floods), results => Assert.InRange(results, 1, Limits.BatchItemsMax));
        Assert.Equal(term, node.Replica.State.Term);
        while (node.Memory.UsedBy(MemoryUse.Answers) > 0)
        {
            await Task.Yield();
        }
    }

    /// <summary>Asks for as many lists as a batch may have.</summary>
    /// <returns>How many were answered.</returns>
    private static async Task<int> FloodAsync(OneNode node, ReadRequest request)
    {
        var body = new ArrayBufferWriter<byte>();
        ReadRequestCodec.Write(
            body, new ReadBatch(ReadConsistency.Linearizable, Revision.Zero, [.. Enumerable.Repeat(request, Limits.BatchItemsMax)]));
        var (status, answer) = await node.PostAsync(NodeRoutes.Reads, body.WrittenMemory);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.InRange(answer.Length, 1, 2 * ReadQueue.TurnBytesMax);
        var results = ReadResultCodec.Read(answer).Results;
        Assert.All(results, result => Assert.Equal(ResultCode.Ok, result.Code));
        return results.Count;
    }

    private static async Task FillAsync(OneNode node, Func<int, Command> command)
    {
        const int perBatch = 500;
        for (var first = 0; first < Entries; first += perBatch)
        {
            var requests = Enumerable.Range(first, perBatch).Select(i => new CommandRequest(0, null, UInt128.Zero, [], command(i)));
            var (status, results) = await node.SubmitAsync(new CommandBatch(LaneId.None, 0, [.. requests]));
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.All(results, result => Assert.Equal(ResultCode.Ok, result.Code));
        }
    }

    private static MutationCommand Write(string path, SessionId? session) => new(new WriteOperation(
        path, ReadOnlyMemory<byte>.Empty, "text/plain", Kind: session is null ? NodeKind.Persistent : NodeKind.Ephemeral,
        KindGiven: true, Session: session));
}
