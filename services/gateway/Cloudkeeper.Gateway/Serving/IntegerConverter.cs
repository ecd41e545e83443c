using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Ids and revisions: JSON numbers; digits in a string are taken as well.</summary>
internal sealed class IntegerConverter : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var isRead = reader.TokenType == JsonTokenType.String
            ? IntegerText.TryParse(reader.GetString(), out var value)
            : reader.TryGetInt64(out value);
        return isRead && value is >= -Revision.ValueMax and <= Revision.ValueMax ? value : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}

/// <summary>A list of these.</summary>
internal sealed class IntegersConverter : JsonConverter<IReadOnlyList<long>>
{
    private static readonly IntegerConverter Single = new();

    public override IReadOnlyList<long> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var all = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            all.Add(Single.Read(ref reader, typeof(long), options));
        }

        return all;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<long> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value)
        {
            writer.WriteNumberValue(item);
        }

        writer.WriteEndArray();
    }
}
