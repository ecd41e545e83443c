namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>Signals by their Linux numbers.</summary>
public enum Signal
{
    /// <summary>SIGKILL: the process ends without a word.</summary>
    Kill = 9,

    /// <summary>SIGTERM: the process shuts down in order.</summary>
    Terminate = 15,

    /// <summary>SIGCONT: a stopped process goes on.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: the process freezes, its sockets stay open.</summary>
    Stop = 19,
}
