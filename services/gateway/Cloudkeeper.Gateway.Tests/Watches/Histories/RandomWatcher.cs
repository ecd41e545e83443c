using System.Globalization;
using System.Net.Sockets;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Watches.Histories;

/// <summary>
/// A watcher that loses its connection now and then, goes on at any gateway that is there, and checks all its events.
/// </summary>
internal sealed class RandomWatcher(
    Random random, WatchChoice choice, ChangeModel model, Func<GatewayFixture> chooseGateway, SessionId? session) : IDisposable
{
    private const int LongReadOneIn = 40;
    private const int BreakOneIn = 60;
    private const int PauseRevisionsMax = 80;

    private readonly WatchChecker _checker = new(model, choice.Interest, choice.Values, choice.Previous);
    private readonly HttpClient _client = new(SmallWindow());
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _end = long.MaxValue;
    private SessionId? _session = session;
    private bool _hasBegun;
    private bool _needsSnapshot = choice.Initial;
    private long _position;

    public WatchChecker Checker => _checker;

    /// <summary>Keeps up, save where it is cut off.</summary>
    public bool IsQuick => !choice.IsSlow;

    public long Position => Volatile.Read(ref _position);

    /// <summary>Nothing happens any more: it ends when it has received everything up to here.</summary>
    public void EndAt(long revision)
    {
        Volatile.Write(ref _end, revision);
        _ending.TrySetResult();
    }

    public async Task RunAsync()
    {
        while (!IsDone)
        {
            try
            {
                await WatchOnceAsync(chooseGateway());
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
            {
                // The gateway is gone, or has cut off a watcher that read nothing while it stopped: the next one goes
                // on.
            }
        }

        _checker.End(_end);
    }

    public void Dispose() => _client.Dispose();

    private bool IsDone => Position >= Volatile.Read(ref _end) && _checker.IsBetweenTransactions;

    private async Task WatchOnceAsync(GatewayFixture gateway)
    {
        var earliest = model.Revision;
        using var request = Request(gateway);
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode)
        {
            TakeRefusal(await Answer.ReadAsync(response));
            return;
        }

        Begin(earliest);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (!IsDone && random.Next(BreakOneIn) > 0)
        {
            await PauseAsync();
            if (await EventReader.ReadAsync(reader, choice.IsLines) is not { } item || !await TakeAsync(item, reader))
            {
                Assert.True(_checker.IsBetweenTransactions || _needsSnapshot, "A stream has ended within a transaction.");
                return;
            }
        }
    }

    private HttpRequestMessage Request(GatewayFixture gateway)
    {
        var from = _hasBegun || _needsSnapshot ? null : choice.From;
        var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(gateway.Address, "/v1/watch?" + choice.Query(from, _needsSnapshot, _session)));
        if (_hasBegun && !_needsSnapshot)
        {
            request.Headers.Add("Last-Event-ID", Position.ToString(CultureInfo.InvariantCulture));
        }

        return request;
    }

    private void Begin(long earliest)
    {
        if (_needsSnapshot)
        {
            _checker.BeginWithSnapshot();
        }
        else if (_hasBegun)
        {
            _checker.Begin(Position);
        }
        else if (choice.From is { } from)
        {
            _checker.Begin(from);
        }
        else
        {
            _checker.Begin(earliest, model.Revision);
        }
    }

    private void TakeRefusal(Answer refusal)
    {
        switch (refusal.Code)
        {
            case "revision-compacted":
                refusal.ShouldBe(410);
                Assert.False(choice.OnGap);
                var from = _hasBegun ? Position : choice.From!.Value;
                Assert.True(refusal.Json.GetProperty("oldestRevision").GetInt64() > from + 1, "Nothing was missing.");
                _needsSnapshot = true;
                break;
            case "session-expired":
                _session = null;
                break;
            default:
                Assert.Contains(refusal.Code, (string[])["overloaded", "shutting-down", "no-quorum"]);
                break;
        }
    }

    /// <returns>Whether the stream goes on.</returns>
    private async Task<bool> TakeAsync(WatchedEvent item, StreamReader reader)
    {
        if (item.Name == "session-expired")
        {
            Assert.Equal(_session!.Value.Value, item.Data.GetProperty("session").GetInt64());
            Assert.Null(await EventReader.ReadAsync(reader, choice.IsLines));
            _session = null;
            return false;
        }

        _checker.Take(item);
        if (item.Name == "gap" && !choice.OnGap)
        {
            Assert.Null(await EventReader.ReadAsync(reader, choice.IsLines));
            _needsSnapshot = true;
            return false;
        }

        if (item.Id is { } id)
        {
            _hasBegun = true;
            _needsSnapshot = false;
            Volatile.Write(ref _position, id);
        }

        return true;
    }

    /// <summary>Reads nothing until much more has happened.</summary>
    private Task PauseAsync() => choice.IsSlow && random.Next(LongReadOneIn) == 0
        ? Task.WhenAny(model.ReachedAsync(model.Revision + random.Next(PauseRevisionsMax)), _ending.Task)
        : Task.CompletedTask;

    /// <summary>So that not reading is felt at the gateway soon.</summary>
    private static SocketsHttpHandler SmallWindow() => new()
    {
        ConnectCallback = static async (context, token) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };
            await socket.ConnectAsync(context.DnsEndPoint, token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
