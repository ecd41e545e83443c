using System.Globalization;

namespace Cloudkeeper.Raft.Tests.Scripts;

/// <summary>A line of a script: a name, words, and settings like <c>count=1</c>.</summary>
internal sealed class ScriptCommand
{
    private readonly Dictionary<string, long> _settings = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];

    public ScriptCommand(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Name = parts[0];
        foreach (var part in parts.Skip(1))
        {
            if (part.Split('=') is [var key, var value])
            {
                _settings.Add(key, long.Parse(value, CultureInfo.InvariantCulture));
            }
            else
            {
                _words.Add(part);
            }
        }
    }

    public string Name { get; }

    public IReadOnlyList<string> Words => _words;

    public NodeId? From => _settings.TryGetValue("from", out var id) ? new NodeId((int)id) : null;

    /// <summary>Which one, counted from the end.</summary>
    public int Back => (int)Setting("back", 0) + 1;

    /// <summary>Members as in <c>1v 2o 3vo 4l</c>: voter, outgoing voter, both, learner.</summary>
    public static Membership ParseMembership(IEnumerable<string> words) => new(words.Select(word => new Member(
        new NodeId(int.Parse(word.TrimEnd('v', 'o', 'l'), CultureInfo.InvariantCulture)),
        "a",
        IsVoter: word.Contains('v', StringComparison.Ordinal),
        IsOutgoingVoter: word.Contains('o', StringComparison.Ordinal))));

    public long Setting(string name, long otherwise) => _settings.GetValueOrDefault(name, otherwise);

    public int Number(int position, int? otherwise = null) =>
        position >= _words.Count && otherwise is { } value ? value : int.Parse(_words[position], CultureInfo.InvariantCulture);

    public NodeId Id(int position) => new(Number(position));

    public bool Names(NodeId id) => _words.Contains(id.ToString());
}
