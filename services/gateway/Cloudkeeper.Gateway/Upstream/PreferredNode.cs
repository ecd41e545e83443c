using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>
/// Which node to ask first: the leader, as far as known, or where the change feed comes from. <see cref="LeaderGuess{TMember}"/>
/// with what the directory knows.
/// </summary>
/// <param name="isLeader">A new leader is preferred as soon as the directory knows it.</param>
internal sealed class PreferredNode(NodeDirectory directory, bool isLeader = false)
{
    private readonly LeaderGuess<Uri> _guess = new(directory.Nodes[0]);
    private KnownLeader? _known;

    public Uri Current
    {
        get
        {
            if (isLeader && directory.Leader is { } leader && leader != Interlocked.Exchange(ref _known, leader))
            {
                _guess.Prefer(leader.Node);
            }

            return _guess.Current;
        }
    }

    /// <inheritdoc cref="LeaderGuess{TMember}.Learn"/>
    public bool Learn(Uri asked, CallResult result, Uri? named)
    {
        var namesAnother = _guess.Learn(asked, result, named is not null, named ?? asked, directory.Nodes);
        if (namesAnother ? !directory.Nodes.Contains(named!) : CallVerdict.IsDoubtful(result))
        {
            directory.Doubt();
        }

        return namesAnother;
    }

    public void Prefer(Uri node)
    {
        _guess.Prefer(node);
        if (!directory.Nodes.Contains(node))
        {
            directory.Doubt();
        }
    }

    /// <summary>A node did not answer, or is the wrong one and knows no better: ask the next one.</summary>
    /// <param name="failed">The one that was asked: another one that has been found meanwhile stays.</param>
    public void Leave(Uri failed)
    {
        directory.Doubt();
        _guess.Leave(failed, directory.Nodes);
    }
}
