using System.Text;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Members of bodies that need more than their JSON type.</summary>
internal static class JsonMembers
{
    public const string OctetStream = "application/octet-stream";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static string Path(string? path)
    {
        if (path is null)
        {
            throw Invalid("path", "is needed");
        }

        return NodePath.Check(path) is { } fault ? throw new ProblemException(ErrorKinds.InvalidPath, fault) : path;
    }

    /// <returns>Milliseconds, or null when it is not given.</returns>
    public static long? Duration(string name, string? text, long least, long most)
    {
        if (text is null)
        {
            return null;
        }

        return DurationText.TryParse(text, out var milliseconds) && milliseconds >= least && milliseconds <= most
            ? milliseconds
            : throw new ProblemException(ErrorKinds.InvalidParameter,
                $"'{name}' is a duration between {DurationText.Format(least)} and {DurationText.Format(most)}.");
    }

    /// <exception cref="ProblemException">Not in the declared encoding, or too large.</exception>
    public static ReadOnlyMemory<byte>? Value(string? value, string? encoding)
    {
        if (value is null)
        {
            return encoding is null ? null : throw Invalid("encoding", "needs a value");
        }

        var bytes = encoding switch
        {
            null or "utf8" => Utf8(value),
            "base64" => Base64(value),
            _ => throw Invalid("encoding", "is 'utf8' or 'base64'"),
        };
        return bytes.Length <= Limits.ValueBytesMax ? bytes : throw new ProblemException(ErrorKinds.ValueTooLarge);
    }

    /// <summary>A name or owner: short text.</summary>
    public static string Name(string member, string? text) =>
        text is null || Encoding.UTF8.GetByteCount(text) <= Limits.NameBytesMax
            ? text ?? ""
            : throw Invalid(member, $"has at most {Limits.NameBytesMax} bytes");

    public static ProblemException Invalid(string member, string rule) =>
        new(ErrorKinds.InvalidBody, $"'{member}' {rule}.");

    private static byte[] Utf8(string value)
    {
        try
        {
            return StrictUtf8.GetBytes(value);
        }
        catch (EncoderFallbackException)
        {
            throw Invalid("value", "has half a surrogate pair");
        }
    }

    private static byte[] Base64(string value)
    {
        try
        {
            return Convert.FromBase64String(value);
        }
        catch (FormatException)
        {
            throw Invalid("value", "is not base64");
        }
    }
}
