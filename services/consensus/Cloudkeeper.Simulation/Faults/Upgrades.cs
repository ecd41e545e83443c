using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// Old programs give way to the present one, machine after machine. Some come back: an upgrade can be undone as long as
/// the feature level has not risen above theirs.
/// </summary>
internal sealed class Upgrades(World world, SimulationRandom random)
{
    /// <summary>Some machines get the present program not before the end of the run.</summary>
    private const double IsUpgraded = 0.8;

    /// <summary>
    /// How often an operator that wants to undo an upgrade does not look whether that is still possible.
    /// </summary>
    private const double IsTooLate = 0.5;

    /// <summary>Of its own: other events do not depend on whether upgrades are undone.</summary>
    private readonly SimulationRandom _undoing = new(Hash.Mix(world.Options.Seed, 0xD0));

    private bool _isOver;

    public void Start()
    {
        foreach (var node in world.Nodes.Where(static n => n.Level < FeatureLevels.Newest))
        {
            world.Scheduler.After(random.NextInt64(world.Options.Safety), () =>
            {
                if (!_isOver && random.Chance(IsUpgraded))
                {
                    Upgrade(node);
                }
            });
        }
    }

    public void End() => _isOver = true;

    private void Upgrade(SimulatedNode node)
    {
        node.Upgrade();
        if (_undoing.Chance(world.Options.UndoneUpgrades))
        {
            Soon(() => Undo(node));
        }
    }

    private void Undo(SimulatedNode node)
    {
        if (world.Checks.Ledger.Machine.FeatureLevel <= world.Options.OldLevel || _undoing.Chance(IsTooLate))
        {
            node.Downgrade();
            Soon(() => Upgrade(node));
        }
    }

    private void Soon(Action run) => world.Scheduler.After(_undoing.Exponential(8 * world.Options.ElectionTimeout), () =>
    {
        if (!_isOver)
        {
            run();
        }
    });
}
