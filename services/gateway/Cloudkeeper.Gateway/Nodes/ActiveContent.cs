using System.Buffers;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Types of content that browsers run, or that can contain such content.</summary>
internal static class ActiveContent
{
    /// <summary>
    /// Parts of names, and of the whole header: browsers look for a type behind commas and do not agree on parameters.
    /// Scripts have many old names; PDF contains scripts; the last three wrap documents of any type.
    /// </summary>
    private static readonly SearchValues<string> Marks = SearchValues.Create(
        [
            "script", "html", "xml", "svg", "xsl", "css", "wasm", "pdf", "flash", "java", "speculationrules",
            "multipart/", "message/", "mimearchive",
        ],
        StringComparison.OrdinalIgnoreCase);

    public static bool IsMeant(string contentType) => contentType.AsSpan().ContainsAny(Marks);
}
