using System.Globalization;
using System.Reflection;

namespace Cloudkeeper.Node.Configuration;

/// <summary>The settings in force, for the log: the given ones apart from the defaults.</summary>
internal static class EffectiveOptions
{
    private static readonly PropertyInfo[] Settings = typeof(NodeOptions).GetProperties();
    private static readonly NodeOptions Untouched = new();

    public static string Given(NodeOptions options) => List(options, isDefault: false);

    public static string Defaults(NodeOptions options) => List(options, isDefault: true);

    private static string List(NodeOptions options, bool isDefault)
    {
        var parts = Settings
            .Where(s => Equals(s.GetValue(options), s.GetValue(Untouched)) == isDefault)
            .Select(s => string.Create(CultureInfo.InvariantCulture, $"{NodeOptions.Section}:{s.Name}={s.GetValue(options)}"));
        return string.Join(", ", parts) is { Length: > 0 } list ? list : "none";
    }
}
