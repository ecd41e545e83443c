using System.Buffers;
using System.Runtime.CompilerServices;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Tests;

public sealed class CodecTests
{
    private delegate void Decode(ReadOnlySpan<byte> bytes);

    private static readonly bool Rewrite = Environment.GetEnvironmentVariable("REWRITE") == "1";

    public static TheoryData<string> Formats => [.. All().Keys];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Decoding_and_encoding_again_gives_the_same_bytes(string format)
    {
        var (bytes, again, _) = All()[format];
        Assert.Equal(bytes, again(bytes));
    }

    /// <summary>The bytes stand in logs and travel between versions: they may never change unnoticed.</summary>
    [Theory]
    [MemberData(nameof(Formats))]
    public void The_bytes_are_those_of_the_golden_file(string format)
    {
        var (bytes, _, _) = All()[format];
        var file = Path.Combine(SourceFolder(), "testdata", format + ".hex");
        var text = string.Join('\n', Convert.ToHexStringLower(bytes).Chunk(100).Select(c => new string(c))) + "\n";
        if (Rewrite)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Cut_short_anywhere_it_is_refused(string format)
    {
        var (bytes, _, decode) = All()[format];
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => decode(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Damaged_bytes_give_the_declared_error_or_another_value_and_little_memory(string format)
    {
        var (bytes, _, decode) = All()[format];
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var damaged = bytes.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(damaged);
            }
            catch (WireFormatException)
            {
                // The declared error.
            }

            var spent = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(spent, 0, (64 << 10) + (64L * bytes.Length));
        }
    }

    [Fact]
    public void A_value_of_the_largest_size_travels_and_one_byte_more_does_not()
    {
        static byte[] Encoded(int size) => Bytes(output => CommandCodec.Write(output, new CommandBatch(
            default,
            0,
            [new CommandRequest(1, null, 0, [], new MutationCommand(new WriteOperation("/a", new byte[size], "")))])));

        CommandCodec.Read(Encoded(Limits.ValueBytesMax));
        Assert.Throws<WireFormatException>(() => CommandCodec.Read(Encoded(Limits.ValueBytesMax + 1)));
    }

    [Fact]
    public void Large_values_stay_out_of_the_feed()
    {
        var small = Samples.Change(ChangeType.Changed, withPrevious: false) with
        {
            Value = new byte[Limits.FeedValueBytesMax],
        };
        var large = small with { Value = new byte[Limits.FeedValueBytesMax + 1] };
        var frame = new ChangeSetFrame(new ChangeSet(new Revision(1), new Revision(2), 0, [small, large], []));

        var read = (ChangeSetFrame)FeedFrameCodec.Read(Bytes(output => FeedFrameCodec.Write(output, frame)));

        Assert.Equal(Limits.FeedValueBytesMax, read.ChangeSet.Changes[0].Value?.Length);
        Assert.Null(read.ChangeSet.Changes[1].Value);
    }

    private static Dictionary<string, (byte[] Bytes, Func<byte[], byte[]> Again, Decode Decode)> All()
    {
        var all = new Dictionary<string, (byte[], Func<byte[], byte[]>, Decode)>(StringComparer.Ordinal)
        {
            ["command-batch"] = (
                Bytes(o => CommandCodec.Write(o, Samples.Batch)),
                b => Bytes(o => CommandCodec.Write(o, CommandCodec.Read(b))),
                b => CommandCodec.Read(b)),
            ["leader-commands"] = (
                Bytes(o => CommandCodec.Write(o, Samples.LeaderBatch)),
                b => Bytes(o => CommandCodec.Write(o, CommandCodec.Read(b))),
                b => CommandCodec.Read(b)),
            ["gateway-commands"] = (
                Bytes(o => CommandCodec.Write(o, Samples.GatewayBatch)),
                b => Bytes(o => CommandCodec.Write(o, CommandCodec.Read(b))),
                b => CommandCodec.Read(b)),
            ["gateway-read-batch"] = (
                Bytes(o => ReadRequestCodec.Write(o, Samples.GatewayReads)),
                b => Bytes(o => ReadRequestCodec.Write(o, ReadRequestCodec.Read(b))),
                b => ReadRequestCodec.Read(b)),
            ["gateway-read-results"] = (
                Bytes(o => ReadResultCodec.Write(o, Samples.GatewayReadResults)),
                b => Bytes(o => ReadResultCodec.Write(o, ReadResultCodec.Read(b))),
                b => ReadResultCodec.Read(b)),
            ["command-results"] = (
                Bytes(o => CommandResultCodec.WriteAll(o, Samples.Results)),
                b => Bytes(o => CommandResultCodec.WriteAll(o, CommandResultCodec.ReadAll(b))),
                b => CommandResultCodec.ReadAll(b)),
            ["read-batch"] = (
                Bytes(o => ReadRequestCodec.Write(o, Samples.Reads)),
                b => Bytes(o => ReadRequestCodec.Write(o, ReadRequestCodec.Read(b))),
                b => ReadRequestCodec.Read(b)),
            ["read-results"] = (
                Bytes(o => ReadResultCodec.Write(o, Samples.ReadResults)),
                b => Bytes(o => ReadResultCodec.Write(o, ReadResultCodec.Read(b))),
                b => ReadResultCodec.Read(b)),
            ["page-read-batch"] = (
                Bytes(o => ReadRequestCodec.Write(o, Samples.PageReads)),
                b => Bytes(o => ReadRequestCodec.Write(o, ReadRequestCodec.Read(b))),
                b => ReadRequestCodec.Read(b)),
            ["page-read-results"] = (
                Bytes(o => ReadResultCodec.Write(o, Samples.PageResults)),
                b => Bytes(o => ReadResultCodec.Write(o, ReadResultCodec.Read(b))),
                b => ReadResultCodec.Read(b)),
            ["read-point"] = (
                Bytes(o => ReadPoint.Write(o, new ReadPoint(Samples.Cluster, new Revision(20)))),
                b => Bytes(o => ReadPoint.Write(o, ReadPoint.Read(b))),
                b => ReadPoint.Read(b)),
            ["keepalives"] = (
                Bytes(o => KeepaliveCodec.WriteSessions(o, [new SessionId(1), new SessionId(1L << 44)])),
                b => Bytes(o => KeepaliveCodec.WriteSessions(o, KeepaliveCodec.ReadSessions(b))),
                b => KeepaliveCodec.ReadSessions(b)),
            ["keepalive-results"] = (
                Bytes(o => KeepaliveCodec.WriteResults(
                    o, [new(new SessionId(1), KeepaliveStatus.Expired, 5) { Revision = new Revision(20) }])),
                b => Bytes(o => KeepaliveCodec.WriteResults(o, KeepaliveCodec.ReadResults(b))),
                b => KeepaliveCodec.ReadResults(b)),
        };
        foreach (var (i, frame) in Samples.Frames.Index())
        {
            all[$"feed-frame-{i}"] = (
                Bytes(o => FeedFrameCodec.Write(o, frame)),
                b => Bytes(o => FeedFrameCodec.Write(o, FeedFrameCodec.Read(b))),
                b => FeedFrameCodec.Read(b));
        }

        return all;
    }

    private static byte[] Bytes(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    private static string SourceFolder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
