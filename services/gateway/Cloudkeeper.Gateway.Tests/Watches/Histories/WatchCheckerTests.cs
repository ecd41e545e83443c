using System.Text;
using System.Text.Json;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Tests.Watches.Histories;

/// <summary>A checker that finds nothing proves nothing: each kind of wrong stream is noticed.</summary>
public sealed class WatchCheckerTests
{
    private readonly ChangeModel _model = new();
    private readonly List<WatchedEvent> _told;

    public WatchCheckerTests()
    {
        var nodes = new TreeNodes { Published = _model.Add };
        Write(nodes, Put("/a", "1"), Put("/b", "1"));
        Write(nodes, Put("/elsewhere/c", "1"));
        Write(nodes, Put("/a", "2"));
        Write(nodes, new DeleteOperation("/b"));
        _told =
        [
            Change("created", 1, "/a", "1", 0, isLast: false), Change("created", 1, "/b", "1", 0, isLast: true),
            Progress(2), Change("changed", 3, "/a", "2", 1, isLast: true), Change("deleted", 4, "/b", null, 0, isLast: true),
        ];
    }

    [Fact]
    public void A_right_stream_passes() => Check(_told);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_lost_change_is_noticed(int lost) => Refuses([.. _told.Where((_, i) => i != lost)]);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_repeated_change_is_noticed(int repeated) => Refuses(_told.SelectMany((it, i) => i == repeated ? [it, it] : new[] { it }));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_that_have_changed_places_are_noticed(int first)
    {
        (_told[first], _told[first + 1]) = (_told[first + 1], _told[first]);
        Refuses(_told);
    }

    [Fact]
    public void An_id_within_a_transaction_is_noticed() => Refuses([_told[0] with { Id = 1 }, .. _told[1..]]);

    [Fact]
    public void A_transaction_without_an_id_is_noticed() => Refuses([_told[0], _told[1] with { Id = null }, .. _told[2..]]);

    [Fact]
    public void Progress_beyond_the_received_events_is_noticed() => Refuses([.. _told[..2], Progress(3), .. _told[3..]]);

    [Fact]
    public void A_wrong_value_is_noticed() => Refuses([.. _told[..3], Change("changed", 3, "/a", "1", 1, true), _told[4]]);

    [Fact]
    public void A_change_that_never_happened_is_noticed() => Refuses([Change("created", 1, "/0", "1", 0, false), .. _told]);

    private static WriteOperation Put(string path, string value) =>
        new(path, Encoding.UTF8.GetBytes(value), "text/plain", Parents: true);

    private static void Write(TreeNodes nodes, params Operation[] operations)
    {
        var request = new CommandRequest(0, null, UInt128.Zero, [], new TransactionCommand([], operations, []));
        Assert.True(nodes.ExecuteAsync(request, null).AsTask().IsCompletedSuccessfully);
    }

    private static WatchedEvent Change(string name, long revision, string path, string? value, int version, bool isLast)
    {
        var node = value is null ? "" : $$""", "version": {{version}}, "contentType": "text/plain", "value": "{{value}}" """;
        var data = $$"""{"path": "{{path}}", "revision": {{revision}} {{node}} }""";
        return new WatchedEvent(name, JsonDocument.Parse(data).RootElement, isLast ? revision : null);
    }

    private static WatchedEvent Progress(long revision) =>
        new("progress", JsonDocument.Parse($$"""{"revision": {{revision}}}""").RootElement, revision);

    private void Refuses(IEnumerable<WatchedEvent> events) => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(events));

    private void Check(IEnumerable<WatchedEvent> events)
    {
        var interest = new WatchInterest([new WatchTarget("/a", WatchScope.Node), new WatchTarget("/b", WatchScope.Node)]);
        var checker = new WatchChecker(_model, interest, values: true, previous: false);
        checker.Begin(0);
        foreach (var item in events)
        {
            checker.Take(item);
        }

        checker.End(4);
    }
}
