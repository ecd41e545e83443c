using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Tree.Tests;

public sealed class NaiveTwinTests
{
    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(34)]
    public void Random_commands_agree_with_the_plain_rules(int seed)
    {
        var workload = new Workload(seed);
        var machine = new Machine();
        var twin = new NaiveTree();
        var random = new Random(seed);
        var codes = new HashSet<ResultCode>();
        for (var i = 0; i < 8_000; i++)
        {
            // Less than the retention of ended sessions in all: the twin forgets none.
            machine.Now += random.Next(60);
            var command = workload.NextCommand();
            if (command is AcquireLockCommand or ReleaseTicketCommand or OpenLaneCommand
                or RemoveIdleNodesCommand or RaiseFeatureLevelCommand or CheckpointCommand or RegisterGatewayCommand)
            {
                continue;
            }

            var result = machine.Run(command);
            workload.Learn([result]);
            Assert.Equal(twin.Apply(command, machine.Now), result.Code);
            Assert.Equal(twin.Revision, result.Revision.Value);
            codes.Add(result.Code);
            if (i % 100 == 0)
            {
                Compare(twin, machine);
            }
        }

        Compare(twin, machine);
        Assert.True(codes.Count >= 10, $"Only {string.Join(", ", codes)}.");
    }

    private static void Compare(NaiveTree twin, Machine machine)
    {
        var paths = twin.Paths.ToArray();
        Assert.Equal(paths.Length, machine.State.NodeCount);
        foreach (var path in paths)
        {
            var node = (ReadNodeResult)machine.State.Read(new ReadNodeRequest(path, WithValue: true));
            Assert.Equal(twin.StatOf(path), node.Stat);
            Assert.Equal(twin.ValueOf(path), Machine.Text(node.Value));
        }
    }
}
