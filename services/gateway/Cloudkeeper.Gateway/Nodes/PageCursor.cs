using System.Buffers.Text;
using System.Text;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Where the next page of a listing begins: the last entry of the page before, as text for a URL.</summary>
internal static class PageCursor
{
    public const int LimitOtherwise = 1_000;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static ProblemException Invalid => RequestQuery.Invalid("cursor", "is what the page before returned");

    public static string Behind(string last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last));

    /// <exception cref="ProblemException"><c>invalid-parameter</c>.</exception>
    public static string Parse(string cursor)
    {
        try
        {
            return StrictUtf8.GetString(Base64Url.DecodeFromChars(cursor));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw Invalid;
        }
    }
}
