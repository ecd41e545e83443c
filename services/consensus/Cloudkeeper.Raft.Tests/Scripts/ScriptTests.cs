namespace Cloudkeeper.Raft.Tests.Scripts;

public sealed class ScriptTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "testdata");

    /// <summary>
    /// Conversations between members. REWRITE=1 writes what happens into the sources: read the difference.
    /// </summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void A_conversation_goes_as_written(string file) =>
        Script.Run(Path.Combine(Folder, file), new ScriptCluster().Handle);
}
