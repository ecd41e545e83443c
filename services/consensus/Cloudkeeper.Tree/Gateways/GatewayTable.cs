using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Gateways;

/// <summary>
/// Where the gateways are, from feature level 4 on. Not in the tree: the addresses here get all of the clients'
/// traffic, and only a gateway may write them. A registration lives with the session of its gateway.
/// </summary>
/// <remarks>
/// A name belongs to the gateway that came last: one that starts again takes its old place. An address is no identity:
/// two names may have the same (a name of DNS for several of them), and a user of the table takes each address once.
/// </remarks>
internal sealed class GatewayTable(SessionTable sessions, StateDigest digest)
{
    private readonly List<GatewayEntry> _gateways = [];

    /// <summary>In the ordinal order of their names.</summary>
    public IReadOnlyList<GatewayEntry> All => _gateways;

    public Outcome Register(GatewayEntry gateway)
    {
        if (!IsName(gateway.Instance) || !GatewayAddress.IsValid(gateway.Address))
        {
            return Outcome.Refused(ResultCode.InvalidOperation);
        }

        if (sessions.Find(gateway.Session) is null)
        {
            return sessions.Missing(gateway.Session);
        }

        var former = _gateways.FindAll(other => other.Instance == gateway.Instance || other.Session == gateway.Session);
        if (_gateways.Count - former.Count >= Limits.GatewaysMax)
        {
            return Outcome.Refused(ResultCode.Overloaded);
        }

        former.ForEach(Remove);
        Add(gateway);
        return Outcome.Ok();
    }

    /// <summary>Its session has ended.</summary>
    public void RemoveOf(SessionId session)
    {
        if (_gateways.Find(gateway => gateway.Session == session) is { } gateway)
        {
            Remove(gateway);
        }
    }

    /// <summary>Adds a gateway of a snapshot.</summary>
    public void Add(GatewayEntry gateway)
    {
        var place = _gateways.FindIndex(other => string.CompareOrdinal(other.Instance, gateway.Instance) > 0);
        _gateways.Insert(place < 0 ? _gateways.Count : place, gateway);
        digest.Add(HashOf(gateway));
    }

    /// <summary>One of each name and session, all sessions alive, no more than there may be.</summary>
    public bool IsWhole =>
        _gateways.Count <= Limits.GatewaysMax
        && _gateways.TrueForAll(gateway => sessions.Find(gateway.Session) is not null)
        && _gateways.DistinctBy(gateway => gateway.Instance, StringComparer.Ordinal).Count() == _gateways.Count
        && _gateways.DistinctBy(gateway => gateway.Session).Count() == _gateways.Count;

    /// <summary>One segment of a path.</summary>
    private static bool IsName(string name) =>
        name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && NodePath.Check("/" + name) is null;

    private void Remove(GatewayEntry gateway)
    {
        _gateways.Remove(gateway);
        digest.Remove(HashOf(gateway));
    }

    private static ulong HashOf(GatewayEntry gateway)
    {
        var hash = new RecordHash(RecordKind.Gateway);
        hash.Add(gateway.Instance);
        hash.Add(gateway.Address);
        hash.Add(gateway.Session.Value);
        return hash.Value;
    }
}
