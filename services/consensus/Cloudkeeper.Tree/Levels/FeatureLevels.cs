using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Tree;

/// <summary>
/// How the state machine behaves is a matter of the level in its state, never of the program that runs it: all replicas
/// switch at the same entry, <see cref="RaiseFeatureLevelCommand"/>, in whatever order they were updated.
/// </summary>
/// <remarks>
/// 1: the first. 2: results and ended sessions are kept by <see cref="Levels.RetentionClock"/>, and leaders stamp checkpoints.
/// 3: change sets name the parents below which something came and went again.
/// 4: the cost of one request is bounded, and what the others lose by it; gateways register in a table of their own; TTL
/// nodes and all that is kept for a time age by how long leaders were awake.
/// A new level gets a constant, and the old behaviour stays beside the new one for as long as logs of it may be read.
/// </remarks>
public static class FeatureLevels
{
    public const int First = 1;

    public const int RetentionClock = 2;

    public const int Checkpoints = 2;

    public const int TouchedParents = 3;

    public const int GatewayTable = 4;

    public const int DeletionFloor = 4;

    public const int Bounds = 4;

    public const int AwakeClock = 4;

    public const int SparingHistory = 4;

    /// <summary>The newest that this program knows.</summary>
    public const int Newest = 4;

    /// <summary>
    /// The level from which on a command may stand in the log: before, some member may run a program that cannot decode it.
    /// </summary>
    public static int Needed(Command command) => command is RegisterGatewayCommand ? GatewayTable : First;
}
