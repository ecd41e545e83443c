using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;
using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Storage.Tests;

/// <summary>The identity of a machine, through all that may happen to its disk.</summary>
public sealed class DirectoryOwnerTests
{
    private static readonly Guid Cluster = new("11111111-2222-3333-4444-555555555555");
    private static readonly NodeId Four = new(4);

    private readonly SimulationRandom _random = new(1);

    [Fact]
    public void An_empty_disk_draws_an_instance_and_keeps_it()
    {
        var files = new SimulatedFileSystem(_random.Split());
        var first = Open(files);
        Assert.False(first.IsMember);
        Assert.Equal(first.Instance, Open(files.Crash(_random.Split())).Instance);
    }

    [Fact]
    public void A_member_stays_the_one_it_is()
    {
        var files = new SimulatedFileSystem(_random.Split());
        var directory = Open(files);
        directory.Complete(Cluster, Four);
        var again = Open(files.Crash(_random.Split()));
        Assert.True(again.IsMember);
        Assert.Equal((Four, directory.Instance), (again.Identity.Node, again.Instance));
    }

    /// <summary>The power goes off at each of the operations in turn: what comes back is the old one or the new, no third.</summary>
    [Fact]
    public void A_successor_is_accepted_once_wherever_the_power_goes_off()
    {
        for (var at = 1L; ; at++)
        {
            var files = Member(out var instance);
            var stop = files.OperationCount + at;
            files.Inject = o => o.Number == stop ? DiskFault.CrashDuring : DiskFault.None;
            Guid? successor = null;
            try
            {
                var directory = Open(files);
                successor = directory.BeginQuarantine("rot").Successor;
                directory.MakeRoom();
                directory.Complete(Cluster, Four);
                return;
            }
            catch (SimulatedCrashException)
            {
                var after = Open(files.Crash(_random.Split()));
                Assert.True(
                    successor is null
                        ? after.Instance == instance || after.Quarantine is not null
                        : after.Instance == successor,
                    $"after operation {at}");
                Assert.False(after.IsMember && after.Identity.Node == Four && after.Instance == instance);
            }
        }
    }

    [Fact]
    public void A_lost_identity_is_another_member()
    {
        var files = Member(out var instance);
        Assert.NotNull(files.Rot(IdentityFile.Name, _random));
        var directory = Open(files);
        Assert.NotNull(directory.Quarantine);
        Assert.False(directory.IsMember);
        Assert.NotEqual(instance, directory.Instance);
    }

    /// <summary>Seed 1000453: the cluster accepted it and it could not become what it was accepted as.</summary>
    [Fact]
    public void A_quarantine_that_is_damaged_in_its_turn_keeps_the_successor_that_has_drawn_its_instance()
    {
        var files = Member(out _);
        var damaged = Open(files);
        var successor = damaged.BeginQuarantine("rot").Successor;
        damaged.MakeRoom();
        Assert.Equal(successor, Open(files).Identity.Instance);
        Assert.NotNull(files.Rot(QuarantineFile.Name, _random));
        var again = Open(files);
        Assert.Equal(successor, again.Instance);
        again.Complete(Cluster, Four);
        Assert.True(Open(files).IsMember);
    }

    private SimulatedFileSystem Member(out Guid instance)
    {
        var files = new SimulatedFileSystem(_random.Split());
        var directory = Open(files);
        directory.Complete(Cluster, new NodeId(2));
        instance = directory.Instance;
        return files;
    }

    private DirectoryOwner Open(SimulatedFileSystem files) => new(
        files,
        _random.NextGuid,
        () =>
        {
            foreach (var name in files.List().Where(name => name != QuarantineFile.Name).ToList())
            {
                files.Delete(name);
            }

            files.SyncDirectory();
        });
}
