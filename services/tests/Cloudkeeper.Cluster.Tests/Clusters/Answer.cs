using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>A response, read to its end.</summary>
public sealed class Answer(int status, HttpResponseHeaders headers, HttpContentHeaders contentHeaders, byte[] body)
{
    public int Status => status;

    public bool IsSuccess => status is >= 200 and < 300;

    public byte[] Body => body;

    public string Text => Encoding.UTF8.GetString(body);

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(body);

    public string? ContentType => contentHeaders.ContentType?.MediaType;

    /// <summary>The revision at which it was decided; null if the state was not looked at.</summary>
    public long? Revision =>
        Header("Cloudkeeper-Revision") is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The stable code of a problem document; null for any other answer.</summary>
    public string? Code => ContentType == "application/problem+json" ? Json.GetProperty("code").GetString() : null;

    public string? Header(string name) =>
        headers.TryGetValues(name, out var values) || contentHeaders.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

    public override string ToString() => $"{status} {Code} at {Revision}: {Text}";
}
