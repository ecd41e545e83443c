using System.ComponentModel;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// A setting that only its user may see: a key, a password. Code that prints it, formats it or lists an object's
/// properties shows three stars.
/// </summary>
[TypeConverter(typeof(SecretConverter))]
public sealed class Secret(string text)
{
    public static readonly Secret None = new("");

    public bool IsEmpty => text.Length == 0;

    /// <summary>The text itself. Never for a log, a message, a command line or an answer.</summary>
    public string Reveal() => text;

    public override string ToString() => IsEmpty ? "" : "***";
}
