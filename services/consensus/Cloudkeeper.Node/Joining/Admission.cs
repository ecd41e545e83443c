using System.Net;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Joining;

/// <summary>Asks a cluster to take this node in, until it has done so.</summary>
internal sealed class Admission(
    NodeSetup setup,
    MembershipClient client,
    ThisNode node,
    Invitations invitations,
    TimeProvider time,
    ProgressLog progress)
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(500);

    /// <summary>While a cluster begins the other nodes come soon; later there is no hurry.</summary>
    private static readonly TimeSpan BusyTime = TimeSpan.FromSeconds(10);

    private string? _leader;

    public async Task<AdmissionBody> AskAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var answers = new List<Answer>();
            foreach (var address in Addresses())
            {
                if (await AskAsync(address, answers, cancellationToken) is { } admission)
                {
                    return admission;
                }
            }

            progress.Wait(node, Phase, Describe(answers), answers.Exists(a => a.IsRefusal));
            var isBusy = time.GetElapsedTime(started) < BusyTime;
            await invitations.WaitAsync(isBusy ? ShortPause : LongPause, time, cancellationToken);
        }
    }

    private NodePhase Phase => node.Directory.Quarantine is not null ? NodePhase.Damaged
        : Addresses().Any() ? NodePhase.Joining
        : NodePhase.New;

    private IEnumerable<string> Addresses() => new[] { _leader }.OfType<string>()
        .Concat(invitations.Newest?.Addresses ?? [])
        .Concat(setup.OtherAddresses)
        .Distinct(StringComparer.Ordinal);

    /// <summary>Null: not (yet); the reason is added to <paramref name="answers"/>.</summary>
    private async Task<AdmissionBody?> AskAsync(string address, List<Answer> answers, CancellationToken cancellationToken)
    {
        var reply = await client.AnnounceAsync(address, Announcement(), cancellationToken);
        _leader = reply switch
        {
            { Status: HttpStatusCode.MisdirectedRequest } => reply.Leader,
            { Status: HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.Conflict } => address,
            _ => null,
        };
        if (reply is { Status: HttpStatusCode.OK } && reply.Read<AdmissionBody>() is { } admission)
        {
            return admission;
        }

        answers.Add(new Answer($"{address} {Describe(reply)}", reply is { Status: HttpStatusCode.Conflict }));
        return null;
    }

    private AnnouncementBody Announcement()
    {
        var directory = node.Directory;
        var identity = directory.Identity;
        return new AnnouncementBody(
            identity.IsMember ? identity.ClusterId : invitations.Newest?.Cluster,
            identity.IsMember ? identity.Node.Value : null,
            directory.Instance,
            setup.Address,
            FeatureLevels.Newest,
            directory.Quarantine is not null || setup.Options.Replace || invitations.Newest?.Replace is true,
            node.Run);
    }

    private static string Describe(MembershipReply? reply) => reply switch
    {
        null => "does not answer",
        { Status: HttpStatusCode.MisdirectedRequest } => reply.Leader is { } leader
            ? $"names {leader} as the leader"
            : "knows no leader",
        { Status: HttpStatusCode.Accepted } => $"answers: {reply.Read<UnderWayBody>()?.Reason}",
        { Status: HttpStatusCode.Conflict } => $"refuses: {PlainText.Cut(reply.Read<RefusalBody>()?.Detail ?? "")}",
        { Status: HttpStatusCode.ServiceUnavailable } => "takes no part in a cluster yet",
        _ => $"answers {(int)reply.Status}",
    };

    private string Describe(List<Answer> answers)
    {
        var said = string.Join("; ", answers.Select(a => a.Text));
        if (node.Directory.Quarantine is { } quarantine)
        {
            return $"The data of this node is damaged ({quarantine.Reason}) and was left as it is. To come back with an empty "
                + "disk it needs a leader that takes it in as a new member"
                + (answers.Count == 0 ? ", but knows no member to ask: give Node:Join. " : $": {said}. ")
                + "If a majority of the voters is lost for good, recover the cluster from the survivors or restore a backup.";
        }

        return answers.Count > 0
            ? $"To join a cluster it needs a leader that takes it in: {said}."
            : $"This node belongs to no cluster. Start it with --join <address of a member>, or add {setup.Address} at the cluster.";
    }

    private readonly record struct Answer(string Text, bool IsRefusal);
}
