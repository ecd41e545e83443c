using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>The query of a request, read strictly: unknown names are ignored, all else must be right.</summary>
/// <param name="query">As it came, with its question mark; null or empty for none.</param>
internal readonly struct RequestQuery(string? query)
{
    private readonly string _query = query is { Length: > 1 } ? query[1..] : "";

    public static RequestQuery Of(HttpContext context) => new(context.Request.QueryString.Value);

    public bool IsEmpty => _query.Length == 0;

    /// <summary>All names as they come, decoded. A name that is not percent-encoded UTF-8 is unknown.</summary>
    public NameEnumerator Names => new(_query);

    /// <summary>The value of the only parameter of this name, or null.</summary>
    /// <exception cref="ProblemException">Given more than once, or not percent-encoded UTF-8.</exception>
    public string? Text(string name)
    {
        string? found = null;
        if (_query.Length == 0)
        {
            return found;
        }

        foreach (var value in new Values(_query, name))
        {
            if (found is not null)
            {
                throw Invalid(name, "is given more than once");
            }

            found = value;
        }

        return found;
    }

    /// <summary>All values of a parameter that may be repeated.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        var all = new List<string>();
        foreach (var value in new Values(_query, name))
        {
            all.Add(value);
        }

        return all;
    }

    public bool Boolean(string name, bool otherwise = false) => Text(name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        _ => throw Invalid(name, "is 'true' or 'false'"),
    };

    /// <returns>Milliseconds, or null when it is not given.</returns>
    public long? Duration(string name, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return DurationText.TryParse(text, out var milliseconds) && milliseconds >= least && milliseconds <= most
            ? milliseconds
            : throw Invalid(name, $"is a duration between {DurationText.Format(least)} and {DurationText.Format(most)}");
    }

    public int? Integer(string name, int least, int most)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return IntegerText.TryParse(text, out var value) && value >= least && value <= most
            ? (int)value
            : throw Invalid(name, $"is an integer between {least} and {most}");
    }

    /// <exception cref="ProblemException"><c>invalid-revision</c>.</exception>
    public Revision? Revision(string name) => Text(name) is { } text
        ? IntegerText.ParseRevision(text)
        : null;

    public SessionId? Session(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return IntegerText.TryParse(text, out var id) && id > 0 ? new SessionId(id) : throw Invalid(name, "is a session's id");
    }

    /// <exception cref="ProblemException">Not one of the words.</exception>
    public string? Word(string name, params ReadOnlySpan<string> words)
    {
        var text = Text(name);
        return text is null || words.Contains(text)
            ? text
            : throw Invalid(name, $"is one of: {string.Join(", ", words.ToArray())}");
    }

    public static ProblemException Invalid(string name, string rule) =>
        new(ErrorKinds.InvalidParameter, $"The parameter '{name}' {rule}.");

    public ref struct NameEnumerator(string query)
    {
        private ReadOnlySpan<char> _rest = query;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly NameEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.Length == 0)
            {
                return false;
            }

            var end = _rest.IndexOf('&');
            var pair = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? [] : _rest[(end + 1)..];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            Current = name.ContainsAny('%', '+') ? PercentDecoding.DecodeQuery(name) : name;
            return true;
        }
    }

    /// <summary>The decoded values of one name.</summary>
    private ref struct Values(string query, string name)
    {
        private ReadOnlySpan<char> _rest = query;

        public string Current { get; private set; } = "";

        public readonly Values GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_rest.Length > 0)
            {
                var end = _rest.IndexOf('&');
                var pair = end < 0 ? _rest : _rest[..end];
                _rest = end < 0 ? [] : _rest[(end + 1)..];
                var equals = pair.IndexOf('=');
                if (IsNamed(equals < 0 ? pair : pair[..equals], name))
                {
                    Current = PercentDecoding.DecodeQuery(equals < 0 ? [] : pair[(equals + 1)..])
                        ?? throw Invalid(name, "is not percent-encoded UTF-8");
                    return true;
                }
            }

            return false;
        }

        private static bool IsNamed(ReadOnlySpan<char> encoded, string name) =>
            encoded.SequenceEqual(name)
            || (encoded.ContainsAny('%', '+') && PercentDecoding.DecodeQuery(encoded) == name);
    }
}
