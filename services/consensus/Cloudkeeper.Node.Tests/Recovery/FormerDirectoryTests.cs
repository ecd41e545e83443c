using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Recovery;

/// <summary>
/// The data directory of a node whose program knew nothing above level 3, kept for good: a snapshot, a log behind it with
/// the digest that its leader stamped, and what a client read of it then.
/// </summary>
public sealed class FormerDirectoryTests : IDisposable
{
    private const int Level = 3;
    private const int Risen = 4;
    private const long Stamped = 1000;
    private const ulong DigestOfThen = 17145589885688022687;
    private const ulong DigestBehindLog = 18150009418147778235;
    private const ulong DigestRaised = 8976800731421855448;
    private const string Address = "http://127.0.0.1:23501";

    /// <summary>Two that hold a lock, two that wait for it; that of the gateway ended with it.</summary>
    private static readonly long[] Sessions = [9, 10, 702, 703];

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-former-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_keeps_its_content_and_rises_to_the_same_state_on_every_machine()
    {
        Unpack();
        var state = Read();
        Assert.Equal(Level, state.FeatureLevel);
        RequireContents(state);
        Assert.Equal(DigestBehindLog, state.Digest);

        for (var level = Level + 1; level <= Risen; level++)
        {
            CommandBatch raise = new(LaneId.None, 0, [new CommandRequest(0, null, 0, [], new RaiseFeatureLevelCommand(3, level))]);
            state.Apply(state.AppliedIndex + 1, term: 3, state.Time, [raise], new List<CommandResult>());
        }

        RequireContents(state);
        Assert.Equal(DigestRaised, state.Digest);
    }

    [Fact]
    public async Task A_node_goes_on_with_it_at_the_newest_level_and_starts_again_from_its_own_files()
    {
        Unpack();
        foreach (var file in Directory.EnumerateFiles(Data))
        {
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        for (var run = 1; run <= 2; run++)
        {
            await using (var node = await OneNode.Start(Data, $"1={Address}").LeadAsync())
            {
                while (await node.Replica.AskAsync(r => r.Machine.FeatureLevel) < FeatureLevels.Newest)
                {
                    await Task.Yield();
                }

                if (run == 1)
                {
                    Assert.Equal(DigestOfThen, await node.Replica.AskAsync(r => r.DigestAt(new LogIndex(Stamped))));
                }

                await node.WriteAsync($"/since-{run}", "new");
                Assert.Contains(
                    "cloudkeeper_node_digest_differences_total 0\n",
                    await node.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken),
                    StringComparison.Ordinal);
            }

            var state = Read();
            RequireContents(state);
            Assert.NotNull(Node(state, $"/since-{run}").Stat);
            Assert.All(
                Directory.EnumerateFiles(Data),
                file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        }
    }

    private static void RequireContents(StateMachine state)
    {
        var expected = File.ReadAllLines(PathOf("directory-v3.txt"));
        Assert.Equal(expected, expected.Select(line => line.Split('\t')[0]).Select(path => Describe(path, Node(state, path))));
        Assert.Equal(Sessions, state.LiveSessions(default).Select(session => session.Id.Value));
        foreach (var (path, holder) in new[] { ("/before/lock", 18L), ("/after/lock", 711L) })
        {
            var tickets = Assert.IsType<ReadLockResult>(state.Read(new ReadLockRequest(path))).Tickets;
            Assert.Equal([holder, holder + 1], tickets.Select(result => result.Ticket?.Ticket.Value));
        }
    }

    private static ReadNodeResult Node(StateMachine state, string path) =>
        Assert.IsType<ReadNodeResult>(state.Read(new ReadNodeRequest(path, WithValue: true)));

    /// <summary>A line of the list, as the former program's answers were written there.</summary>
    private static string Describe(string path, ReadNodeResult node)
    {
        const int Shown = 20;
        var stat = node.Stat ?? default;
        var value = Encoding.UTF8.GetString(node.Value.Span);
        return string.Join('\t', [
            path,
            stat.Kind.ToString(),
            stat.CreatedRevision.ToString(),
            stat.ModifiedRevision.ToString(),
            stat.Version.ToString(CultureInfo.InvariantCulture),
            stat.EphemeralOwner?.Value.ToString(CultureInfo.InvariantCulture) ?? "-",
            node.ContentType is "" ? "-" : node.ContentType,
            value.Length > Shown ? $"{value.Length} bytes" : value,
        ]);
    }

    private StateMachine Read()
    {
        using var files = new PhysicalFileSystem(Data);
        return StoredNode.Read(files).Machine;
    }

    private void Unpack() => ZipFile.ExtractToDirectory(PathOf("directory-v3.zip"), Data);

    private static string PathOf(string name, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "testdata", name);
}
