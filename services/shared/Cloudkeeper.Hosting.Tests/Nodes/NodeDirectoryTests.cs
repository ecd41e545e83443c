using System.Text;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Hosting.Tests.Nodes;

public sealed class NodeDirectoryTests
{
    private readonly NodeDirectory _directory = new([Node(1), Node(2)]);
    private readonly Dictionary<Uri, string> _answers = [];
    private readonly List<Uri> _asked = [];

    [Fact]
    public async Task The_voters_that_the_leader_names_take_the_place_of_the_seeds()
    {
        _answers[Node(1)] = View(self: 1, leader: 1, term: 3, "v1 v4 l5");
        var view = await LookAsync(Node(1));
        Assert.True(view!.IsLeaders);
        Assert.Equal([Node(1), Node(4)], _directory.Nodes);
        Assert.Equal([Node(1)], _asked);
    }

    [Fact]
    public async Task A_follower_leads_to_the_leader_although_none_of_the_seeds_is_left()
    {
        _answers[Node(2)] = View(self: 2, leader: 4, term: 3, "v2 v4 v5");
        _answers[Node(4)] = View(self: 4, leader: 4, term: 3, "v4 v5 v6");
        await LookAsync(Node(1));
        Assert.Equal([Node(1), Node(2), Node(4)], _asked);
        Assert.Equal([Node(4), Node(5), Node(6)], _directory.Nodes);
        _asked.Clear();
        await LookAsync(Node(4));
        Assert.Equal([Node(4)], _asked);
    }

    [Fact]
    public async Task When_all_known_nodes_are_gone_the_seeds_are_asked_again()
    {
        _answers[Node(1)] = View(self: 1, leader: 1, term: 3, "v1 v3");
        await LookAsync(Node(1));
        _answers.Clear();
        _answers[Node(2)] = View(self: 2, leader: 2, term: 4, "v2");
        await LookAsync(Node(1));
        Assert.Equal([Node(2)], _directory.Nodes);
    }

    /// <summary>A node that was removed and does not know it yet believes in the members of its time.</summary>
    [Theory]
    [InlineData(2, 3)]
    [InlineData(1, 2)]
    public async Task The_view_of_a_follower_or_a_former_leader_changes_nothing(int leader, int term)
    {
        _answers[Node(1)] = View(self: 1, leader: 1, term: 3, "v1 v4");
        await LookAsync(Node(1));
        _answers[Node(1)] = View(self: 1, leader, term, "v1 v2 v3");
        Assert.NotNull(await LookAsync(Node(1)));
        Assert.Equal([Node(1), Node(4)], _directory.Nodes);
    }

    [Fact]
    public async Task A_cluster_that_was_restored_at_these_addresses_counts_although_its_terms_begin_anew()
    {
        _answers[Node(1)] = View(self: 1, leader: 1, term: 30, "v1 v4");
        await LookAsync(Node(1));
        _answers[Node(1)] = View(self: 1, leader: 1, term: 1, "v1 v2", id: "restored");
        await LookAsync(Node(1));
        Assert.Equal([Node(1), Node(2)], _directory.Nodes);
    }

    [Fact]
    public async Task Each_leadership_is_news_once()
    {
        Assert.Null(_directory.Leader);
        var first = _directory.LeaderNews;
        _answers[Node(1)] = View(self: 1, leader: 1, term: 3, "v1 v2");
        await LookAsync(Node(1));
        Assert.True(first.IsCompleted);
        Assert.Equal(new KnownLeader(Node(1), "c", 3), _directory.Leader);

        var second = _directory.LeaderNews;
        await LookAsync(Node(1));
        Assert.False(second.IsCompleted);
        _answers[Node(1)] = View(self: 1, leader: 1, term: 5, "v1 v2");
        await LookAsync(Node(1));
        Assert.True(second.IsCompleted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":null,"node":null,"leader":null,"term":0,"members":[]}""")]
    [InlineData("""{"id":"c","node":"n1","leader":"n1","term":"x","members":[]}""")]
    [InlineData("""{"id":"c","node":"n1","leader":"n1","term":1,"members":[{"id":"n1","url":"?","role":"voter"}]}""")]
    public async Task An_answer_that_is_no_view_is_passed_over(string answer)
    {
        _answers[Node(1)] = answer;
        Assert.Null(await LookAsync(Node(1)));
        Assert.Equal([Node(1), Node(2)], _directory.Nodes);
        Assert.Equal([Node(1), Node(2)], _asked);
    }

    /// <summary>One address with many names is enough for it.</summary>
    [Fact]
    public async Task An_ever_new_leader_is_not_followed_for_ever()
    {
        for (var i = 1; i <= 1_000; i++)
        {
            _answers[Node(i)] = View(self: i, leader: i + 1, term: 1, $"v{i} v{i + 1}");
        }

        await LookAsync(Node(1));
        Assert.Equal(64, _asked.Count);
    }

    [Fact]
    public async Task A_doubt_ends_the_wait_for_the_next_look_once()
    {
        _directory.Doubt();
        _directory.Doubt();
        await _directory.WaitForDoubtAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var next = _directory.WaitForDoubtAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
        Assert.False(next.IsCompleted);
        await stop.CancelAsync();
        await next;
    }

    private static Uri Node(int number) => new($"http://n{number}:7000");

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"n4:7000\"")]
    [InlineData("\"ftp://n4/\"")]
    [InlineData("4")]
    public async Task A_member_without_a_usable_address_does_not_hide_the_others(string url)
    {
        _answers[Node(1)] = View(self: 1, leader: 1, term: 3, "v1 v4").Replace("\"http://n4:7000\"", url, StringComparison.Ordinal);
        await LookAsync(Node(1));
        Assert.DoesNotContain(Node(4), _directory.Nodes);
        Assert.Contains(Node(1), _directory.Nodes);
    }

    [Theory]
    [InlineData("""{"id":"c","id":"d","node":"n1","leader":"n1","term":1,"members":[]}""")]
    [InlineData("""{"id":"c","node":"n1","leader":"n1","term":1e99,"members":[]}""")]
    [InlineData("""{"id":"c","node":"n1","leader":"n1","term":1,"members":[null]}""")]
    [InlineData("""{"id":"c","node":"n1","leader":"n1","term":1,"members":[{"id":"n1","role":"voter","url":null}]}""")]
    [InlineData("""{"id":7,"node":"n1","leader":{},"term":"x","members":{}}""")]
    public async Task An_answer_that_is_no_view_changes_nothing_and_ends_nothing(string answer)
    {
        _answers[Node(1)] = answer;
        await LookAsync(Node(1));
        Assert.Equal([Node(1), Node(2)], _directory.Nodes);
        Assert.Null(_directory.Leader);
    }

    /// <param name="members">Such as <c>v1 l2</c>: a voter and a learner.</param>
    private static string View(int self, int leader, int term, string members, string id = "c") =>
        $$"""
        {"id":"{{id}}","node":"n{{self}}","leader":"n{{leader}}","term":{{term}},"revision":0,"members":[{{string.Join(',',
            members.Split(' ').Select(member =>
                $$"""{"id":"n{{member[1..]}}","url":"http://n{{member[1..]}}:7000","role":"{{(member[0] == 'v' ? "voter" : "learner")}}"}"""))}}]}
        """;

    private Task<ClusterView?> LookAsync(Uri first) => _directory.LookAsync(first, node =>
    {
        _asked.Add(node);
        return Task.FromResult(_answers.TryGetValue(node, out var answer)
            ? ClusterView.TryParse(Encoding.UTF8.GetBytes(answer))
            : null);
    });
}
