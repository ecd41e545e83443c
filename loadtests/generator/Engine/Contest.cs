namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>
/// Measures contestants in turn, round after round, so that other load of the machine falls on all of them alike.
/// </summary>
internal static class Contest
{
    public static async Task<IReadOnlyList<Measurement>> RunAsync(
        IReadOnlyList<IContestant> contestants, LoadOptions options, CancellationToken stopping)
    {
        foreach (var contestant in contestants)
        {
            await LoadRun.FillAsync(contestant, stopping);
        }

        var medians = new List<Measurement>();
        foreach (var operation in options.Operations)
        {
            foreach (var connections in options.Connections)
            {
                medians.AddRange(await RunLineAsync(contestants, operation, connections, options, stopping));
            }
        }

        return medians;
    }

    private static async Task<IEnumerable<Measurement>> RunLineAsync(
        IReadOnlyList<IContestant> contestants,
        Operation operation,
        int connections,
        LoadOptions options,
        CancellationToken stopping)
    {
        var rounds = contestants.ToDictionary(c => c.Name, _ => new List<Measurement>(), StringComparer.Ordinal);

        // With several rounds the first is a rehearsal: JIT compilers, .NET's and Java's, are still at work in it.
        for (var round = options.Rounds > 1 ? 0 : 1; round <= options.Rounds; round++)
        {
            foreach (var contestant in contestants)
            {
                var result = await LoadRun.MeasureAsync(contestant, operation, connections, options, stopping);
                if (round > 0)
                {
                    rounds[contestant.Name].Add(result);
                }

                await Console.Error.WriteLineAsync(
                    $"{operation} x {connections}, round {round}: {contestant.Name} {result.OperationsPerSecond:F0}/s");
            }
        }

        return contestants.Select(c => MedianOf(rounds[c.Name]));
    }

    /// <summary>The round of median throughput, whole: latencies and CPU of one line belong together.</summary>
    private static Measurement MedianOf(List<Measurement> rounds) =>
        rounds.OrderBy(r => r.OperationsPerSecond).ElementAt((rounds.Count - 1) / 2);
}
