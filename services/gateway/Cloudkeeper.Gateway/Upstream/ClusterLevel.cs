using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>
/// The cluster's feature level, as far as it is known here: it may be higher by now, never lower. So a command that
/// needs a level is sent only once the cluster has it.
/// </summary>
internal sealed class ClusterLevel
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _cluster;
    private volatile int _value;

    /// <summary>From which on gateways register in the table of the state machine.</summary>
    public const int GatewayTable = 4;

    /// <summary>From which on nodes answer lists of ephemeral nodes and of tickets in pages.</summary>
    public const int Pages = 4;

    /// <summary>0: no leader has answered yet.</summary>
    public int Value => _value;

    /// <summary>Ends once a leader has answered.</summary>
    public Task Known => _known.Task;

    public void Learn(ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        lock (_gate)
        {
            // A node that does not lead may be behind. Another cluster at these addresses is the one that was restored
            // there.
            if (view.IsLeaders)
            {
                _value = view.Id == _cluster ? Math.Max(_value, view.FeatureLevel) : view.FeatureLevel;
                _cluster = view.Id;
                _known.TrySetResult();
            }
        }
    }
}
