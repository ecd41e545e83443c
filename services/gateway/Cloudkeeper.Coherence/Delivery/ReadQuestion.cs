using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Delivery;

/// <param name="MinRevision">Of a local read; the leader's answer to a linearizable one reflects all anyway.</param>
public readonly record struct ReadQuestion(ReadRequest Request, Revision MinRevision);

/// <param name="Revision">At which it was read.</param>
public readonly record struct ReadAnswer(ReadResult Result, Revision Revision)
{
    /// <summary>Whose revision that is.</summary>
    public Guid Cluster { get; init; }
}
