using System.Buffers;
using System.Runtime.CompilerServices;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;

namespace Cloudkeeper.Replica.Tests;

public sealed class RaftMessageCodecTests
{
    private static readonly bool Rewrite = Environment.GetEnvironmentVariable("REWRITE") == "1";
    private static readonly NodeId From = new(1);
    private static readonly NodeId To = new(2);
    private static readonly Term Term = new(7);
    private static readonly LogIndex Index = new(1L << 40);

    private static readonly Membership Members = new(
    [
        new Member(From, "http://10.0.0.1:7000", IsVoter: true),
        new Member(To, "http://10.0.0.2:7000", IsVoter: false, IsOutgoingVoter: true),
        new Member(new NodeId(3), "http://10.0.0.3:7000", IsVoter: false),
    ]);

    private static readonly Dictionary<string, RaftMessage> Messages = new(StringComparer.Ordinal)
    {
        ["pre-vote-request"] = new PreVoteRequest(From, To, Term, Index, new Term(6)),
        ["pre-vote-reply"] = new PreVoteReply(From, To, Term, Granted: true),
        ["vote-request"] = new VoteRequest(From, To, Term, Index, new Term(6), IsTransfer: true),
        ["vote-reply"] = new VoteReply(From, To, Term, Granted: false),
        ["append-request"] = new AppendRequest(
            From,
            To,
            Term,
            Index,
            new Term(6),
            [
                new LogEntry(Index.Next(), new Term(6), EntryKind.Command, "abc"u8.ToArray()),
                new LogEntry(Index + 2, Term, EntryKind.Barrier, default),
                new LogEntry(Index + 3, Term, EntryKind.Membership, MembershipCodec.Encode(Members)),
            ],
            Index),
        ["append-reply"] = new AppendReply(From, To, Term, Index, null, LogIndex.Zero, default),
        ["append-reply-refused"] = new AppendReply(From, To, Term, LogIndex.Zero, Index, new LogIndex(5), new Term(3)),
        ["heartbeat-request"] = new HeartbeatRequest(From, To, Term, Index, 99),
        ["heartbeat-reply"] = new HeartbeatReply(From, To, Term, 99),
        ["snapshot-request"] = new SnapshotRequest(From, To, Term, new SnapshotMetadata(Index, new Term(6), Members)),
        ["timeout-now-request"] = new TimeoutNowRequest(From, To, Term, Index, new Term(6)),
    };

    public static TheoryData<string> Names => [.. Messages.Keys];

    [Fact]
    public void Every_kind_of_message_is_among_the_samples()
    {
        var kinds = typeof(RaftMessage).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RaftMessage)));
        Assert.Empty(kinds.Except(Messages.Values.Select(m => m.GetType())));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoding_and_encoding_again_gives_the_same_bytes(string name)
    {
        var bytes = Encode(Messages[name]);
        Assert.Equal(bytes, Encode(RaftMessageCodec.Read(bytes)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_bytes_are_those_of_the_golden_file(string name)
    {
        var file = Path.Combine(SourceFolder(), "testdata", name + ".hex");
        var text = Convert.ToHexStringLower(Encode(Messages[name])) + "\n";
        if (Rewrite)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Cut_short_or_prolonged_it_is_refused(string name)
    {
        var bytes = Encode(Messages[name]);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => RaftMessageCodec.Read(bytes.AsSpan(0, length)));
        }

        Assert.Throws<WireFormatException>(() => RaftMessageCodec.Read([.. bytes, 0]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_bytes_give_the_declared_error_or_another_message(string name)
    {
        var bytes = Encode(Messages[name]);
        var random = new Random(1);
        for (var round = 0; round < 10_000; round++)
        {
            var damaged = bytes.ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                RaftMessageCodec.Read(damaged);
            }
            catch (WireFormatException)
            {
                // The declared error.
            }
        }
    }

    [Fact]
    public void Indexes_of_entries_follow_the_previous_one()
    {
        var read = (AppendRequest)RaftMessageCodec.Read(Encode(Messages["append-request"]));
        Assert.Equal([Index.Next(), Index + 2, Index + 3], read.Entries.Select(e => e.Index));
    }

    private static byte[] Encode(RaftMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        RaftMessageCodec.Write(output, message);
        return output.WrittenSpan.ToArray();
    }

    private static string SourceFolder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
