using System.Text;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Watches.Histories;

/// <summary>
/// Two real gateways, watchers of every kind, and everything that can go wrong between them. The seed decides what is
/// written; the timing of the events is up to the machine, and must not matter.
/// </summary>
public sealed class WatchHistoryTests : IAsyncLifetime
{
    private const int Watchers = 24;
    private const int Rounds = 25;
    private const int BurstMax = 60;

    /// <summary>So little that watchers fall behind the window, the history and their own buffers all the time.</summary>
    private static readonly Dictionary<string, string?> Tight = new()
    {
        ["Gateway:ProgressInterval"] = "00:00:00.05",
        ["Gateway:RecentChangesMax"] = "12",
        ["Gateway:WatchEventsMax"] = "30",
        ["Gateway:WatchBytesMax"] = "65536",
        ["Hosting:ShutdownTimeout"] = "00:00:01",
    };

    private readonly ChangeModel _model = new();
    private readonly GatewayFixture[] _gateways = new GatewayFixture[2];
    private readonly List<SessionId> _sessions = [];
    private readonly TreeNodes _nodes;

    public WatchHistoryTests() =>
        _nodes = new TreeNodes(new StateMachineOptions { HistorySetsMax = 50 }) { Published = _model.Add };

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < _gateways.Length; i++)
        {
            _gateways[i] = await StartGatewayAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Watchers_get_everything_once_and_in_order_or_a_gap(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < Watchers / 4; i++)
        {
            _sessions.Add(await OpenSessionAsync());
        }

        List<RandomWatcher> watchers = [.. Enumerable.Range(0, Watchers).Select(i => NewWatcher(i, random.Next()))];
        try
        {
            var running = watchers.ConvertAll(watcher => watcher.RunAsync());
            var failed = Task.WhenAny(running);
            await WriteAsync(random, watchers, failed);
            watchers.ForEach(watcher => watcher.EndAt(_model.Revision));
            await Task.WhenAll(running).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        }
        finally
        {
            watchers.ForEach(watcher => watcher.Dispose());
        }

        Assert.True(watchers.Sum(watcher => watcher.Checker.Count) > _model.Revision);
        Assert.True(watchers.Sum(watcher => watcher.Checker.Gaps) > 0, "No watcher has fallen behind: the bounds are too wide.");
    }

    private RandomWatcher NewWatcher(int index, int seed)
    {
        var random = new Random(seed);
        return new RandomWatcher(
            random, WatchChoice.Draw(random), _model, () => Volatile.Read(ref _gateways[random.Next(_gateways.Length)]),
            index < _sessions.Count ? _sessions[index] : null);
    }

    /// <summary>Bursts of changes, and one thing that goes wrong in each round.</summary>
    private async Task WriteAsync(Random random, List<RandomWatcher> watchers, Task failed)
    {
        var quick = watchers.FindAll(watcher => watcher.IsQuick);
        for (var round = 0; round < Rounds; round++)
        {
            await BreakSomethingAsync(random);
            for (var left = random.Next(1, BurstMax); left > 0; left--)
            {
                await ChangeAsync(random);
            }

            // The others come along, or do not: that is what is tested.
            var leader = quick[random.Next(quick.Count)];
            var revision = _model.Revision;
            await Until.TrueAsync(() => leader.Position >= revision || failed.IsCompleted);
            if (failed.IsCompleted)
            {
                return;
            }
        }
    }

    private async Task BreakSomethingAsync(Random random)
    {
        switch (random.Next(8))
        {
            case 0 or 1:
                _nodes.BreakFeeds();
                break;
            case 2:
                // Both gateways are cut off until so much has happened that history has forgotten a part of it.
                _nodes.HasNoFeed = true;
                _nodes.BreakFeeds();
                for (var i = 0; i < BurstMax; i++)
                {
                    await ChangeAsync(random);
                }

                _nodes.HasNoFeed = false;
                break;
            case 3:
                var index = random.Next(_gateways.Length);
                var stopping = _gateways[index];
                Volatile.Write(ref _gateways[index], _gateways[1 - index]);
                await stopping.DisposeAsync();
                Volatile.Write(ref _gateways[index], await StartGatewayAsync());
                break;
            case 4 when _sessions.Count > 0:
                _nodes.Expire(_sessions[0]);
                _sessions.RemoveAt(0);
                break;
        }
    }

    private async Task ChangeAsync(Random random)
    {
        var operations = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Draw(random)).ToArray();
        await ExecuteAsync(new TransactionCommand([], operations, []));
    }

    private static Operation Draw(Random random)
    {
        var path = WatchChoice.Paths[random.Next(WatchChoice.Paths.Length)];
        return random.Next(5) == 0
            ? new DeleteOperation(path, Recursive: true)
            : new WriteOperation(path, Value(random), "text/plain", Parents: true);
    }

    /// <summary>Mostly small; some do not come with the feed, some fill the buffers of the sockets.</summary>
    private static byte[] Value(Random random) => Encoding.ASCII.GetBytes(new string((char)random.Next('a', 'z'), random.Next(50) switch
    {
        0 => 100_000,
        1 or 2 => 6_000,
        _ => random.Next(50),
    }));

    private async Task<SessionId> OpenSessionAsync() =>
        ((SessionInfo)(await ExecuteAsync(new OpenSessionCommand(10_000, ""))).Body!).Id;

    private ValueTask<CommandResult> ExecuteAsync(Command command) =>
        _nodes.ExecuteAsync(new CommandRequest(0, null, UInt128.Zero, [], command), null);

    private async Task<GatewayFixture> StartGatewayAsync()
    {
        var gateway = new GatewayFixture { Nodes = _nodes, Settings = Tight };
        await gateway.InitializeAsync();
        return gateway;
    }
}
