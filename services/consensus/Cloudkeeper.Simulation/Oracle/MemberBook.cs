using System.Globalization;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>All that ever were members: an id is one log, from its first entry to the removal.</summary>
internal sealed class MemberBook
{
    private const string UrlPrefix = "http://machine";
    private const string UrlSuffix = ":7000";

    private readonly SortedDictionary<int, NodeView> _views = [];
    private readonly Dictionary<NodeId, int> _addresses = [];
    private readonly HashSet<NodeId> _committed = [];

    public IEnumerable<NodeView> All => _views.Values;

    /// <summary>How members name a machine.</summary>
    public static string UrlOf(int address) =>
        string.Create(CultureInfo.InvariantCulture, $"{UrlPrefix}{address}{UrlSuffix}");

    public static int AddressOf(string url) =>
        int.Parse(url[UrlPrefix.Length..^UrlSuffix.Length], NumberStyles.None, CultureInfo.InvariantCulture);

    public NodeView Of(NodeId id)
    {
        if (!_views.TryGetValue(id.Value, out var view))
        {
            _views.Add(id.Value, view = new NodeView(id));
        }

        return view;
    }

    /// <summary>The machine of a member, also of one that is none any more; 0: unknown.</summary>
    public int AddressOf(NodeId id) => _addresses.GetValueOrDefault(id);

    /// <summary>Until it is committed, another leader may give the same id to another machine.</summary>
    public void Proposed(Membership membership)
    {
        foreach (var member in membership.Members.Where(m => !_committed.Contains(m.Id)))
        {
            _addresses[member.Id] = AddressOf(member.Address);
        }
    }

    public void Committed(Membership membership)
    {
        foreach (var member in membership.Members)
        {
            _committed.Add(member.Id);
            _addresses[member.Id] = AddressOf(member.Address);
        }
    }
}
