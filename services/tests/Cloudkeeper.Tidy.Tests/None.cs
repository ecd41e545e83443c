namespace Cloudkeeper.Tidy.Tests;

/// <summary>An assertion that shows all that is wrong rather than the first few.</summary>
internal static class None
{
    public static void Of(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, $"{all.Count} found:\n{string.Join('\n', all)}");
    }
}
