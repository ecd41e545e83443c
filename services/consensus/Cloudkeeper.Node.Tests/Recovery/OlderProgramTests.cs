using System.Buffers;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Recovery;

/// <summary>What this program does with the data of a cluster that has switched to a level which only a later one knows.</summary>
public sealed class OlderProgramTests : IDisposable
{
    private const int Later = FeatureLevels.Newest + 1;
    private const int Aborted = 128 + 6;

    private static readonly Guid Cluster = new("8a2cbb0e-9a11-4a57-b1a9-5c0f2f6f7e21");
    private static readonly string Refusal =
        $"This cluster runs at feature level {Later}, this program knows up to {FeatureLevels.Newest}: start a newer version.";

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-older-").FullName;
    private readonly Uri _address = new($"http://127.0.0.1:{FreePorts.Take(1).Dequeue()}");

    private string Data => Path.Combine(_folder, "data");

    private Membership Members => new([new Member(new NodeId(1), _address.GetLeftPart(UriPartial.Authority), IsVoter: true)]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_refuses_to_start_on_a_snapshot_of_that_level()
    {
        var machine = new StateMachine(new StateMachineOptions { NewestLevel = Later });
        for (var level = FeatureLevels.First + 1; level <= Later; level++)
        {
            machine.Apply(level, term: 1, timestamp: 0, [Raise(level)], new List<CommandResult>());
        }

        using (var files = new PhysicalFileSystem(Data))
        {
            var identity = new NodeIdentity(Cluster, new NodeId(1)) { Instance = Guid.NewGuid() };
            NewCluster.Begin(files, machine, default, identity, Members);
        }

        var said = await RunToItsEndAsync(exitCode: 1);
        Assert.Contains("The node cannot start: " + Refusal, said, StringComparison.Ordinal);
    }

    /// <summary>A crash, so that nothing more is done with a state that is half-way through an entry.</summary>
    [Fact]
    public async Task It_ends_at_the_entry_that_switches_to_that_level()
    {
        using (var directory = OneNode.Open(Data))
        {
            var log = NodeStorage.Found(directory, new NodeOptions(), Cluster, new NodeId(1), Members).Log;
            var levels = Enumerable.Range(FeatureLevels.First + 1, Later - FeatureLevels.First);
            log.Append(new RaftWrite(1, null, null, [.. levels.Select(Entry)]));
            log.Sync();
            log.Dispose();
        }

        var said = await RunToItsEndAsync(Aborted);
        Assert.Contains("Cloudkeeper node stops: " + Refusal, said, StringComparison.Ordinal);
    }

    private static LogEntry Entry(int level)
    {
        var output = new ArrayBufferWriter<byte>();
        output.GetSpan(EntryPayload.HeaderBytes);
        output.Advance(EntryPayload.HeaderBytes);
        CommandCodec.Write(output, Raise(level));
        var payload = output.WrittenSpan.ToArray();
        var entry = EntryPayload.Stamp(payload, new EntryStamp(0));
        return new LogEntry(new LogIndex(level), new Term(1), EntryKind.Command, entry);
    }

    private static CommandBatch Raise(int level) =>
        new(LaneId.None, 0, [new CommandRequest(0, null, 0, [], new RaiseFeatureLevelCommand(1, level))]);

    /// <returns>All its output.</returns>
    private async Task<string> RunToItsEndAsync(int exitCode)
    {
        string[] arguments = [$"--urls={_address.GetLeftPart(UriPartial.Authority)}", $"--data={Data}"];
        using var node = new ServerProcess("Node1", _address, arguments, _folder);
        node.Start();
        Assert.Equal(exitCode, await node.WaitForExitAsync());
        return await File.ReadAllTextAsync(node.LogFile, TestContext.Current.CancellationToken);
    }
}
