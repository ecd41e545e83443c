using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>A log of a few records, each synced before the next is written, for the tests that damage it.</summary>
internal sealed class SmallLog
{
    public const string First = "log-0000000000000001";
    public const string Second = "log-0000000000000002";

    private readonly List<string> _states = [];

    /// <param name="payloadBytes">Of each entry: decides how many segments there are.</param>
    public SmallLog(int records, int payloadBytes)
    {
        var disk = new SimulatedFileSystem(new Random(1));
        using var log = Make.Open(disk);
        Note(disk);
        for (var i = 1; i <= records; i++)
        {
            var payload = new byte[payloadBytes];
            new Random(i).NextBytes(payload);
            log.Append(Make.Write(Make.State(1, commit: i - 1), Make.Entry(i, 1, payload)));
            log.Sync();
            Note(disk);
        }

        Image = DiskImage.Of(disk);
        Records = [.. Image.Names.SelectMany(RecordsOf)];
    }

    public DiskImage Image { get; }

    /// <summary>Where each record lies.</summary>
    public IReadOnlyList<RecordPlace> Records { get; }

    public string WholeState => _states[^1];

    /// <summary>What recovery finds after so many of the records.</summary>
    public string StateAfter(int records) => _states[records];

    private void Note(SimulatedFileSystem disk) =>
        _states.Add(Make.Describe(Make.Recover(DiskImage.Of(disk).ToDisk())));

    private IEnumerable<RecordPlace> RecordsOf(string name)
    {
        using var file = Image.ToDisk().Open(name, FileOpening.Existing);
        var seed = SegmentHeader.Read(Image[name], name).Seed;
        var scanner = new SegmentScanner(file, seed, file.Length);
        var start = (int)scanner.Offset;
        while (scanner.TryRead(out _, out _))
        {
            yield return new RecordPlace(name, seed, start, (int)scanner.Offset);
            start = (int)scanner.Offset;
        }
    }
}

internal readonly record struct RecordPlace(string File, uint Seed, int Start, int End);
