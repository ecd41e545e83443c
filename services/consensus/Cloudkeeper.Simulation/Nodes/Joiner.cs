using Cloudkeeper.Replica.Members;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// A process that belongs to no cluster, or no longer: it asks to be taken in until a leader does so.
/// </summary>
internal sealed class Joiner
{
    private readonly SimulatedNode _node;
    private readonly DirectoryOwner _directory;
    private bool _replaces;
    private int _leader;
    private long _call;

    public Joiner(SimulatedNode node, DirectoryOwner directory)
    {
        _node = node;
        _directory = directory;
        _replaces = directory.Quarantine is not null;
        node.World.Trace.Add(TraceKind.Joining, node.Address, detail: directory.Quarantine?.Reason);
        Later(1, Ask);
    }

    private World World => _node.World;

    public void Receive(Envelope envelope)
    {
        switch (envelope)
        {
            case AdmissionEnvelope admission when admission.Call == _call:
                Run(() => OnAnswer(admission));
                break;
            case RequestEnvelope request:
                World.Network.Send(
                    new ReplyEnvelope(_node.Address, request.From, request.Call, ReplyStatus.Misdirected, Leader: 0, []));
                break;
            case AnnouncementEnvelope announcement:
                World.Network.Send(new AdmissionEnvelope(_node.Address, announcement.From, announcement.Call, null, 0));
                break;
        }
    }

    private void Ask()
    {
        var to = _leader > 0 ? _leader : _node.Random.Between(1, World.Nodes.Count);
        _leader = 0;
        var call = _call = World.NextId();
        var identity = _directory.Identity;
        var announcement = new Announcement(
            identity.IsMember ? identity.ClusterId : null,
            identity.IsMember ? identity.Node : null,
            _directory.Instance,
            MemberBook.UrlOf(_node.Address),
            _node.Level,
            _replaces);
        if (to != _node.Address)
        {
            World.Network.Send(new AnnouncementEnvelope(_node.Address, to, call, announcement));
        }

        Later(World.Options.ElectionTimeout, () =>
        {
            if (_call == call)
            {
                Ask();
            }
        });
    }

    private void OnAnswer(AdmissionEnvelope admission)
    {
        _leader = admission.Leader;
        switch (admission.Outcome)
        {
            case { Status: ChangeStatus.Done, Node: { } id }:
                _call = 0;
                World.Totals.Count(Marker.Admissions);
                World.Totals.Count(Marker.Replacements, _replaces ? 1 : 0);
                _node.Accepted(_directory, id);
                break;
            case { Status: ChangeStatus.Refused, Code: { } code }:
                _leader = admission.From;
                OnRefused(code);
                break;
            default:
                AskAgain();
                break;
        }
    }

    private void OnRefused(string code)
    {
        World.Trace.Add(TraceKind.Refused, _node.Address, detail: code);
        switch (code)
        {
            case ChangeCodes.DiskLost:
                // The operator of the machine declares that the old data is gone for good.
                World.Totals.Count(Marker.LostDisksRecognised);
                _replaces = true;
                AskAgain();
                break;
            case ChangeCodes.Removed:
                World.Totals.Count(Marker.FormerMembersTurnedAway);
                _node.Dismiss();
                break;
            case ChangeCodes.TooOld:
                _node.Upgrade();
                break;
            default:
                AskAgain();
                break;
        }
    }

    private void AskAgain()
    {
        _call = 0;
        Later(World.Options.Tick, Ask);
    }

    private void Later(long delay, Action run) => World.Scheduler.After(delay, () => Run(run));

    private void Run(Action run)
    {
        if (_node.Joiner != this)
        {
            return;
        }

        if (_node.IsPaused)
        {
            _node.WhenAwake(() => Run(run));
            return;
        }

        run();
    }
}
