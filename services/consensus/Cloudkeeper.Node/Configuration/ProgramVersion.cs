using System.Reflection;

namespace Cloudkeeper.Node.Configuration;

internal static class ProgramVersion
{
    /// <summary>Of what others say of theirs.</summary>
    public const int CharsMax = 64;

    public static string Own { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
