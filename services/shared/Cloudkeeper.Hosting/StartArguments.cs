namespace Cloudkeeper.Hosting;

/// <summary>A process's command line, completed by settings that the framework takes from there alone.</summary>
public static class StartArguments
{
    /// <summary>
    /// Settings are read at the start, and files with settings are not watched: the system may have no watches to give
    /// (<c>fs.inotify.max_user_instances</c> is for all processes of a user together), and nothing here would notice a change.
    /// </summary>
    public static string[] Of(IEnumerable<string> args) => [.. args, "--hostBuilder:reloadConfigOnChange=false"];
}
