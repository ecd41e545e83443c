namespace Cloudkeeper.Protocol;

/// <summary>The endpoints of a consensus node, and the meaning of its status codes for a gateway.</summary>
/// <remarks>
/// 200: decided, the body holds the results. 421 (<see cref="LeaderHeader"/> names the leader when known): this node
/// does not lead and proposed nothing. 429: too much is waiting, nothing was proposed. 503: no quorum, or the revision
/// was not reached in time; nothing was proposed. 504: proposed, outcome unknown: repeat the same batch. 507: the disk
/// is full, nothing was proposed. 400: the bytes are no batch.
/// </remarks>
public static class NodeRoutes
{
    /// <summary>POST a <see cref="Commands.CommandBatch"/> to the leader.</summary>
    public const string Commands = "/commands";

    /// <summary>POST a <see cref="Reads.ReadBatch"/>; a linearizable one to the leader.</summary>
    public const string Reads = "/reads";

    /// <summary>POST nothing to the leader: the <see cref="Reads.ReadPoint"/> of all reads that have begun by then.</summary>
    public const string ReadIndex = "/read-index";

    /// <summary>POST session ids to the leader.</summary>
    public const string Keepalives = "/keepalives";

    /// <summary>
    /// GET a stream of <see cref="Feed.FeedFrame"/>s, each behind its length (4 bytes), beginning with a
    /// <see cref="Feed.StartFrame"/>. <c>?from=</c> is exclusive; <c>?recent=</c> instead: as many of the last
    /// transactions as there are, at most so many.
    /// </summary>
    public const string Feed = "/feed";

    /// <summary>
    /// GET, JSON: the members as this node sees them. With <c>?after=</c> it answers when a leader of a later term than that is
    /// known, or after a while: cheaper, and sooner, than asking again and again.
    /// </summary>
    public const string Cluster = "/cluster";

    /// <summary>GET, JSON: this node's identity; answered before it belongs to a cluster as well.</summary>
    public const string Membership = "/membership";

    /// <summary>GET, JSON: the voters, by the log of this member; for members whose log is behind.</summary>
    public const string MembershipVoters = "/membership/voters";

    /// <summary>
    /// POST, to the leader, JSON: a node announces itself. 200 when that stands in the log; 202: under way, ask again;
    /// 409 is a refusal, <c>{code, detail}</c>.
    /// </summary>
    public const string MembershipAnnounce = "/membership/announce";

    /// <summary>POST, JSON, to a node without a cluster: where it is to announce itself.</summary>
    public const string MembershipInvite = "/membership/invite";

    /// <summary>
    /// POST, to the leader, JSON <c>{url, replace, dryRun}</c>: has a node join. DELETE <c>?ids=4,5&amp;dryRun=</c>: takes
    /// members out. 409 is a refusal, <c>{code, detail}</c>; 202: under way, ask again.
    /// </summary>
    public const string Members = "/membership/members";

    /// <summary>POST <c>?member=4&amp;dryRun=</c>, to the leader: hands leadership over. Refuses as <see cref="Members"/> does.</summary>
    public const string Leader = "/membership/leader";

    /// <summary>
    /// GET: a backup, the bytes of a snapshot file that contains everything acknowledged before. With its
    /// <see cref="RevisionHeader"/>, a length and an end mark. 507: no room on the node's disk for it.
    /// </summary>
    public const string Snapshot = "/snapshot";

    /// <summary>GET, JSON: the gateways that have registered, as this node knows them: works without a quorum.</summary>
    public const string Gateways = "/gateways";

    /// <summary>Base address of the leader as the answering node knows it.</summary>
    public const string LeaderHeader = "Cloudkeeper-Leader";

    /// <summary>Revision of the state that an answer is of.</summary>
    public const string RevisionHeader = "Cloudkeeper-Revision";

    /// <summary>
    /// Where gateways register below feature level 4, as ephemeral nodes <c>{instance}</c> with a JSON value. While that
    /// lasts, gateways let no client write there.
    /// </summary>
    public const string GatewaysPath = "/services/cloudkeeper-gateways";
}
