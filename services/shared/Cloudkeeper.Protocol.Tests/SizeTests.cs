using System.Buffers;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Protocol.Tests;

/// <summary>What is counted before anything is written is what is written.</summary>
public sealed class SizeTests
{
    public static TheoryData<int> Commands => [.. Enumerable.Range(0, ClientCommands().Length)];

    public static TheoryData<int> Reads => [.. Enumerable.Range(0, AllReads().Length)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_takes_the_bytes_that_are_counted_for_it(int index)
    {
        var request = ClientCommands()[index];
        Assert.Equal(
            Encoded(output => CommandCodec.Write(output, new CommandBatch(new LaneId(1), 1, [request])))
            - Encoded(output => CommandCodec.Write(output, new CommandBatch(new LaneId(1), 1, []))),
            CommandSize.Of(request));
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public void A_read_takes_the_bytes_that_are_counted_for_it(int index)
    {
        var request = AllReads()[index];
        Assert.Equal(
            Encoded(output => ReadRequestCodec.Write(output, new ReadBatch(ReadConsistency.Local, default, [request])))
            - Encoded(output => ReadRequestCodec.Write(output, new ReadBatch(ReadConsistency.Local, default, []))),
            ReadRequestSize.Of(request));
    }

    [Fact]
    public void A_full_transaction_is_counted_exactly_and_fits_into_a_batch()
    {
        var operations = Enumerable.Range(0, Limits.TransactionOperationsMax)
            .Select(i => new WriteOperation(
                "/" + new string('ö', 500) + i, new byte[Limits.TransactionBytesMax / Limits.TransactionOperationsMax], "text/plain"))
            .ToArray<Operation>();
        var conditions = operations.Select(o => new Condition(((WriteOperation)o).Path, true, new Revision(1), 1, new byte[200]));
        var request = new CommandRequest(
            1, new string('k', 64), 1, [.. Enumerable.Repeat(new Ticket(1), Limits.FencesMax)],
            new TransactionCommand([.. conditions], operations, operations));

        var batch = new CommandBatch(new LaneId(1), 1, [request with { Command = new TransactionCommand([], operations, []) }]);

        Assert.Equal(
            Encoded(output => CommandCodec.Write(output, new CommandBatch(new LaneId(1), 1, [request])))
            - Encoded(output => CommandCodec.Write(output, new CommandBatch(new LaneId(1), 1, []))),
            CommandSize.Of(request));
        Assert.InRange(Encoded(output => CommandCodec.Write(output, batch)), 1, Limits.BatchBytesMax);
    }

    [Fact]
    public void A_batch_has_no_more_around_its_requests_than_the_limit()
    {
        Assert.InRange(
            Encoded(output => CommandCodec.Write(output, new CommandBatch(new LaneId(long.MaxValue), long.MaxValue, []))),
            1,
            CommandSize.BatchHeaderBytesMax);
        Assert.InRange(
            Encoded(output => ReadRequestCodec.Write(output, new ReadBatch(ReadConsistency.Local, new Revision(1), []))),
            1,
            ReadRequestSize.BatchHeaderBytesMax);
    }

    private static CommandRequest[] ClientCommands() =>
    [
        .. Samples.Batch.Requests.Where(request => request.Command is not LeaderCommand),
        .. Samples.GatewayBatch.Requests,
        new(1, "schlüssel", 1, [], new MutationCommand(new WriteOperation("/ä/日本", new byte[300], "text/plain; ö"))),
        new(1, null, 0, [], new MutationCommand(new CreateSequentialOperation("/" + new string('x', 200), "ü", new byte[20_000], ""))),
    ];

    private static ReadRequest[] AllReads() => [.. Samples.Reads.Requests, .. Samples.GatewayReads.Requests, .. Samples.PageReads.Requests];

    private static int Encoded(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenCount;
    }
}
