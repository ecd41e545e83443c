using System.Reflection;

namespace Cloudkeeper.Node.Configuration;

internal static class ProgramVersion
{
    /// <summary>Of the version that another process announces.</summary>
    public const int CharsMax = 64;

    public static string Own { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
