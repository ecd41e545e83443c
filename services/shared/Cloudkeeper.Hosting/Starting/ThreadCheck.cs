namespace Cloudkeeper.Hosting.Starting;

/// <summary>
/// The runtime starts threads as it needs them, and ends the process ("Out of memory.") when some of them cannot be started.
/// </summary>
internal sealed class ThreadCheck : IStartCheck
{
    public const int Least = 32;

    private const int StackBytes = 64 << 10;

    public IEnumerable<StartProblem> Look() => Look(CountUpTo(Least));

    internal static IEnumerable<StartProblem> Look(int threads) => threads >= Least
        ? []
        :
        [
            new StartProblem(
                $"This process can start {threads} more threads, and needs {Least}. The limit is that of the user (ulimit -u, for "
                + "all processes together), of the systemd unit (TasksMax=) or of the container (pids.max): raise it.",
                MayPass: true),
        ];

    /// <summary>Starts them: no single figure of the system gives the sum of all its limits.</summary>
    private static int CountUpTo(int most)
    {
        using var end = new ManualResetEventSlim();
        var threads = new List<Thread>();
        try
        {
            while (threads.Count < most)
            {
                var thread = new Thread(end.Wait, StackBytes) { IsBackground = true, Name = "start check" };
                thread.Start();
                threads.Add(thread);
            }
        }
        catch (OutOfMemoryException)
        {
            // The runtime reports in this way that the system has refused a thread.
        }
        finally
        {
            end.Set();
            threads.ForEach(thread => thread.Join());
        }

        return threads.Count;
    }
}
