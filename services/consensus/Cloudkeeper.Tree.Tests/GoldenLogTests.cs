using System.Buffers;
using System.Runtime.CompilerServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

/// <summary>
/// Logs that programs of every level have written, kept for good with the digest behind each entry. REWRITE=1 writes that
/// of the current level.
/// </summary>
public sealed class GoldenLogTests
{
    private const int EntryCount = 400;

    /// <summary>Small enough that a log of this length meets them.</summary>
    private static readonly StateMachineOptions Options = new()
    {
        HistorySetsMax = 60,
        HistoryBytesMax = 12_000,
        HistoryFactBytesMax = 10_000,
        HistoryValueBytesMax = 40_000,
        TombstonesMax = 20,
        EndedSessionsMax = 5,
    };

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_log_of_every_level_comes_to_the_digests_that_it_always_had(int level)
    {
        if (Environment.GetEnvironmentVariable("REWRITE") == "1" && level == FeatureLevels.Newest)
        {
            File.WriteAllBytes(PathOf(level), Record(level));
        }

        var reader = new WireReader(File.ReadAllBytes(PathOf(level)));
        var state = new StateMachine(Options);
        while (reader.Remaining > 0)
        {
            var entry = Read(ref reader);
            entry.ApplyTo(state);
            Assert.Equal(reader.ReadUInt64(), state.Digest);
        }

        Assert.Equal(level, state.FeatureLevel);
        Assert.True(state.OldestRevision.Value > 1 && state.SessionCount > 0);
    }

    /// <summary>Raises the level step by step, so that every one has its share of the log.</summary>
    private static byte[] Record(int level)
    {
        var output = new ArrayBufferWriter<byte>();
        var workload = new Workload(level);
        var state = new StateMachine(Options);
        for (var i = 0; i < EntryCount; i++)
        {
            var entry = workload.NextEntry();
            var isRaise = i > 0 && i % (EntryCount / level) == 0;
            var raise = new RaiseFeatureLevelCommand(1, state.FeatureLevel + 1);
            entry = entry with
            {
                Batches = isRaise && raise.Level <= level
                    ? [new CommandBatch(LaneId.None, 0, [Request(raise)])]
                    : [.. entry.Batches.Where(static b => !b.Requests.Any(static r => r.Command is RaiseFeatureLevelCommand))],
            };
            Write(output, entry);

            // What is applied comes from the bytes: values become the tree's own.
            workload.Learn(entry.ApplyTo(state));
            output.WriteUInt64(state.Digest);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> output, Entry entry)
    {
        output.WriteInt64(entry.Index);
        output.WriteInt64(entry.Timestamp);
        output.WriteCount(entry.Batches.Count);
        foreach (var batch in entry.Batches)
        {
            var bytes = new ArrayBufferWriter<byte>();
            CommandCodec.Write(bytes, batch);
            output.WriteBytes(bytes.WrittenSpan);
        }
    }

    private static Entry Read(ref WireReader reader)
    {
        var (index, timestamp) = (reader.ReadInt64(), reader.ReadInt64());
        var batches = new CommandBatch[reader.ReadCount(int.MaxValue, sizeof(int))];
        for (var i = 0; i < batches.Length; i++)
        {
            batches[i] = CommandCodec.Read(reader.ReadBytes(Limits.BatchBytesMax));
        }

        return new Entry(index, timestamp, batches);
    }

    private static string PathOf(int level, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "testdata", $"log-v{level}.bin");
}
