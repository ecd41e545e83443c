using System.Globalization;
using Cloudkeeper.Simulation.Bugs;

namespace Cloudkeeper.Simulation.Tests.Bugs;

public sealed class CatalogueTests
{
    private static readonly string Repository = SourceCopy.FindRepository();

    public static TheoryData<string> Edited =>
        [.. BugCatalogue.Planted.Where(bug => bug.Edits.Count > 0).Select(bug => bug.Id)];

    /// <summary>A change of the code that a bug is planted in also changes here how it is planted.</summary>
    [Theory]
    [MemberData(nameof(Edited))]
    public void A_bug_can_be_planted_at_exactly_one_place(string id)
    {
        foreach (var edit in BugCatalogue.Planted.Single(bug => bug.Id == id).Edits)
        {
            var source = File.ReadAllText(SourceCopy.PathOf(Repository, edit));
            Assert.True(edit.CountIn(source) == 1, $"{edit.File} holds this {edit.CountIn(source)} times: {edit.Find}");
            Assert.NotEqual(source, edit.ApplyTo(source));
        }
    }

    [Fact]
    public void Every_bug_of_the_list_is_planted_or_there_is_a_reason_why_not()
    {
        var known = BugCatalogue.Planted.Select(bug => bug.Number)
            .Concat(BugCatalogue.Elsewhere.Select(bug => bug.Id))
            .ToHashSet(StringComparer.Ordinal);
        Assert.All(
            Enumerable.Range(1, BugCatalogue.LastNumber).Select(n => "B-" + n.ToString("00", CultureInfo.InvariantCulture)),
            id => Assert.Contains(id, known));
    }

    [Fact]
    public void No_bug_is_listed_twice()
    {
        var ids = BugCatalogue.Planted.Select(bug => bug.Id).Concat(BugCatalogue.Elsewhere.Select(bug => bug.Id)).ToList();
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
    }

    [Fact]
    public void A_bug_is_planted_in_one_way()
    {
        Assert.All(BugCatalogue.Planted, bug =>
            Assert.True((bug.Edits.Count > 0) != (bug.Switch != default), $"{bug.Id} has edits and a switch, or neither"));
    }
}
