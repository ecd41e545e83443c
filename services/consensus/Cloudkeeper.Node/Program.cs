using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Node.Checkpoints;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Commands;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Feed;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Reads;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Node.Sessions;
using Cloudkeeper.Storage;

if (Usage.IsAskedFor(args))
{
    Usage.Print(Console.Out);
    return 0;
}

if (RecoveryCommandLine.IsMeant(args))
{
    PrivateFiles.ByDefault();
    return new RecoveryCommandLine(Console.Out, Console.Error, TimeProvider.System).Run(args);
}

try
{
    return await CloudkeeperRun.RunAsync(() =>
    {
        var builder = WebApplication.CreateBuilder(StartArguments.Of(args));
        builder.Configuration.AddCommandLine(args, Usage.ShortForms);
        builder.AddNode();

        var app = builder.Build();
        app.UseClusterKey(services => services.GetRequiredService<NodeSetup>().Address);
        app.UseReplica();
        app.MapCommands();
        app.MapReads();
        app.MapKeepalives();
        app.MapFeed();
        app.MapPeers();
        app.MapMembership();
        app.MapMembers();
        app.MapCluster();
        app.MapBackup();
        app.MapDigests();
        app.MapCloudkeeperOperations();
        return app;
    });
}
catch (StorageException e)
{
    // The data directory cannot be used: there is nothing to start with, and the message states what to do.
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
