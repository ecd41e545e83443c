using Cloudkeeper.Simulation.Bugs;
using Cloudkeeper.Simulation.Cli;

namespace Cloudkeeper.Simulation;

internal static class Program
{
    private static int Main(string[] args) => args switch
    {
        ["bugs", .. var rest] => BugsCommand.Run(rest, Console.Out),
        ["hunt", .. var rest] => SeedHunt.Run(rest, Console.Out),
        _ => RunSeeds(args),
    };

    private static int RunSeeds(string[] args)
    {
        if (!CommandLine.TryParse(args, out var command, out var problem))
        {
            Console.Error.WriteLine(problem);
            Console.Error.WriteLine(CommandLine.Help);
            return 2;
        }

        if (command.WantsHelp)
        {
            Console.WriteLine(CommandLine.Help);
            return 0;
        }

        return new SeedRunner(command, Console.Out).Run();
    }
}
