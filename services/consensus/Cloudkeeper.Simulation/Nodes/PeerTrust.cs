using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// Which senders a member admits, where it answers them, and which voters it asks about an unproven one: as the
/// endpoints of the real process do. The operator has given each machine the addresses of all others.
/// </summary>
internal sealed class PeerTrust(NodeProcess process)
{
    // Nodes that the log does not know yet: those of before its first entry, and those that were vouched for.
    private readonly Dictionary<NodeId, (Guid Instance, int Address)> _newcomers = [];
    private readonly HashSet<NodeId> _vouched = [];
    private long _asked = long.MinValue;

    private World World => process.World;

    private Membership Committed => World.Checks.Ledger.MembershipAt(process.Replica.AppliedIndex);

    /// <summary>
    /// By the committed membership: no node of another cluster, none with another disk, and none that was removed. One
    /// that is newer than all that this member knows may be its leader: it may send, but its messages count only after
    /// voters have vouched for it.
    /// </summary>
    public bool Accepts(int from, PeerHeader header)
    {
        if (header.Cluster != NodeStorage.Cluster || header.To != process.Id)
        {
            return false;
        }

        var committed = Committed;
        if (committed.Find(header.From) is { } member)
        {
            return member.Instance == Guid.Empty || member.Instance == header.Instance;
        }

        if (header.From.Value <= committed.LastId.Value)
        {
            World.Network.Send(new RemovedEnvelope(process.Node.Address, from, header.From));
            return false;
        }

        if (committed.Members.Count == 0)
        {
            _newcomers[header.From] = (header.Instance, from);
        }

        return !_newcomers.TryGetValue(header.From, out var known) || known.Instance == header.Instance;
    }

    /// <summary>By the log, or by voters that know more; 0: nowhere.</summary>
    public int AddressOf(NodeId peer) => process.Replica.FindMember(peer) is { } member
        ? MemberBook.AddressOf(member.Address)
        : _newcomers.GetValueOrDefault(peer).Address;

    public bool HasVouched(NodeId id) => _vouched.Contains(id);

    /// <summary>An unproven sender has sent a message.</summary>
    public void Ask()
    {
        if (_asked != long.MinValue && World.Scheduler.Now - _asked < World.Options.Tick)
        {
            return;
        }

        _asked = World.Scheduler.Now;
        World.Totals.Count(Marker.VotersAskedFor);
        foreach (var node in World.Nodes.Where(n => n != process.Node))
        {
            World.Network.Send(new VotersQuestionEnvelope(process.Node.Address, node.Address));
        }
    }

    public void OnQuestion(VotersQuestionEnvelope question) => World.Network.Send(
        new VotersAnswerEnvelope(process.Node.Address, question.From, process.Replica.Voters));

    public void OnAnswer(VotersAnswerEnvelope answer) => process.Post(r =>
    {
        foreach (var voter in answer.Voters.Where(v => v.Id != process.Id && !IsAnotherDisk(r.FindMember(v.Id), v)))
        {
            if (voter.Id.Value > Committed.LastId.Value)
            {
                _newcomers[voter.Id] = (voter.Instance, MemberBook.AddressOf(voter.Address));
            }

            World.Totals.Count(Marker.VotersVouchedFor, r.Voters.Any(v => v.Id == voter.Id) ? 0 : 1);
            _vouched.Add(voter.Id);
            r.Vouch(voter.Id);
        }
    });

    private static bool IsAnotherDisk(Member? known, Member named) =>
        known is not null && known.Instance != Guid.Empty && known.Instance != named.Instance;
}
