using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests;

public sealed class EntryPayloadTests
{
    private const long Unix = 1_700_000_000_123;

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    [InlineData(77L)]
    public void A_stamp_is_read_as_it_was_written(long? awake)
    {
        var (stamp, batch) = EntryPayload.Read(EntryPayload.Stamp(Payload(), new EntryStamp(Unix, awake)).Span);
        Assert.Equal(new EntryStamp(Unix, awake), stamp);
        Assert.IsType<OpenLaneCommand>(Assert.Single(batch.Requests).Command);
    }

    /// <summary>Programs that know no other level read it.</summary>
    [Fact]
    public void Without_the_second_clock_the_bytes_are_those_of_before()
    {
        var entry = EntryPayload.Stamp(Payload(), new EntryStamp(Unix));
        Assert.Equal(1, entry.Span[0]);
        Assert.Equal(Unix, BitConverter.ToInt64(entry.Span[1..]));
        Assert.Equal(Payload()[EntryPayload.HeaderBytes..], entry[9..].ToArray());
    }

    [Fact]
    public void Another_version_or_a_cut_header_is_refused()
    {
        var entry = EntryPayload.Stamp(Payload(), new EntryStamp(Unix, 1)).ToArray();
        Assert.Throws<WireFormatException>(() => EntryPayload.Read(entry.AsSpan(0, 12)));
        Assert.Throws<WireFormatException>(() => EntryPayload.Read([]));
        entry[0] = 3;
        Assert.Throws<WireFormatException>(() => EntryPayload.Read(entry));
    }

    private static byte[] Payload()
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(new byte[EntryPayload.HeaderBytes]);
        CommandCodec.Write(
            output, new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], new OpenLaneCommand())]));
        return output.WrittenSpan.ToArray();
    }
}
