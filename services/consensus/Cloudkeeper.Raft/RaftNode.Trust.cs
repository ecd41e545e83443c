namespace Cloudkeeper.Raft;

/// <summary>
/// Which senders are believed, and how far: messages come over a wire, and none of them ends a process (DESIGN.md).
/// </summary>
public sealed partial class RaftNode
{
    /// <summary>
    /// How far a message's term may be above the own one. Terms rise by one an election: at one each second it would take
    /// 136 years.
    /// </summary>
    public const long TermDistanceMax = 1L << 32;

    // Named as voters by voters that this member knows, while its own log has not got so far.
    private readonly HashSet<NodeId> _vouched = [];

    /// <summary>
    /// A member by the newest membership that is not settled yet; null: it is none, as far as is known here. A member
    /// that the log does not name (any more) may still be one: a change that takes it out and is not committed may be
    /// undone, and by that very member.
    /// </summary>
    public Member? FindMember(NodeId id) => _log.FindMember(id);

    /// <summary>The voters of any of these memberships, in order of id.</summary>
    public IReadOnlyList<Member> Voters => _log.Voters();

    /// <summary>
    /// Voters that this member knows vouch for a node as a voter. Holds until the members change here.
    /// </summary>
    public void Vouch(NodeId id) => _vouched.Add(id);

    /// <summary>The result of <see cref="Step"/> for a message, without its effects.</summary>
    public StepResult Judge(RaftMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.To != Id || message.Term.Value - Term.Value > TermDistanceMax || !MessageRules.MakesSense(message))
        {
            return StepResult.Violation;
        }

        if (!HasSay(message.From) && !IsWordOfLeader(message))
        {
            return IsWordOfLearner(message) ? StepResult.Taken : StepResult.Unproven;
        }

        return ContradictsWhatIsKnown(message) ? StepResult.Violation : StepResult.Taken;
    }

    /// <summary>
    /// Voters by any membership that is not settled yet: an election may go by each of them. A member that knows no
    /// members at all has nothing that it could go by, and no vote that could be abused.
    /// </summary>
    private bool HasSay(NodeId id) =>
        _quorum.IsVoter(id) || _log.Membership.Members.Count == 0 || _vouched.Contains(id) || _log.HasVoter(id);

    /// <summary>
    /// A leader that was a voter when it began to lead leads to the end of its term, perhaps until a change is
    /// committed that takes it out, and hands over then (thesis, 4.2.2).
    /// </summary>
    private bool IsWordOfLeader(RaftMessage message) => message.Term == Term && Leader == message.From;

    /// <summary>A learner's replies to its leader. A term above the own one is none of its business.</summary>
    private bool IsWordOfLearner(RaftMessage message) =>
        message is AppendReply or HeartbeatReply && message.Term <= Term && !ContradictsWhatIsKnown(message);

    /// <summary>Impossible in its term: a quorum would have voted twice, or a disk has lied.</summary>
    private bool ContradictsWhatIsKnown(RaftMessage message) => message switch
    {
        _ when message.Term < Term => false,
        _ when message.Term == Term && IsFromLeader(message) && IsLedByAnother(message.From) => true,

        AppendRequest append => ContradictsCommitted(append.PreviousIndex, append.PreviousTerm),
        SnapshotRequest { Snapshot: var snapshot } => ContradictsCommitted(snapshot.Index, snapshot.Term),

        // It promises at most the entries that we acknowledged in this term.
        HeartbeatRequest heartbeat => heartbeat.Commit > LastIndex,
        AppendReply reply => Role == Role.Leader && reply.Term == Term && reply.MatchIndex > LastIndex,
        HeartbeatReply reply => Role == Role.Leader && reply.Term == Term && reply.Round > _round,
        _ => false,
    };

    /// <summary>
    /// A committed entry agrees with every later leader's (leader completeness; thesis, 3.6.3): neither is it another one
    /// there, nor can an entry behind it be of a lower term.
    /// </summary>
    private bool ContradictsCommitted(LogIndex index, Term term)
    {
        Invariant.Require(_log.TryTermAt(CommitIndex, out var committed));
        return index == CommitIndex ? term != committed : index > CommitIndex && term < committed;
    }

    private bool IsLedByAnother(NodeId id) => Role == Role.Leader || (Leader is { } leader && leader != id);
}
