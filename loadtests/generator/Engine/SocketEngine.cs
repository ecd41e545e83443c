namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>How the runtime drives the generator's sockets.</summary>
internal static class SocketEngine
{
    /// <summary>The runtime's settings, which children that are measured must not inherit.</summary>
    public static readonly string[] Variables =
        ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"];

    /// <summary>
    /// One epoll thread that also runs the completions: no hand-over to the thread pool, hence no second wake-up for
    /// each answer. The runtime reads the settings when the first socket is used, so this comes before.
    /// </summary>
    public static void Configure()
    {
        foreach (var variable in Variables)
        {
            Environment.SetEnvironmentVariable(variable, "1");
        }
    }
}
