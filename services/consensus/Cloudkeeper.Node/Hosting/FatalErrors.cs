using System.Diagnostics.CodeAnalysis;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Ends the process at once: a bug was noticed or the disk failed, and a node that goes on would be worse than one that
/// is gone (rule R3). Not through the host's shutdown, which would run more code on a state that is not to be trusted.
/// </summary>
internal sealed partial class FatalErrors(ILogger<FatalErrors> logger)
{
    [DoesNotReturn]
    public void Stop(Exception cause)
    {
        LogFatal(logger, cause);
        Environment.FailFast("Cloudkeeper node stops: " + cause.Message, cause);
    }

    [LoggerMessage(1, LogLevel.Critical, "The node stops: it cannot go on safely")]
    private static partial void LogFatal(ILogger logger, Exception cause);
}
