using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Commands;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Feed;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Reads;
using Cloudkeeper.Node.Sessions;

return await CloudkeeperRun.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddNode();

    var app = builder.Build();
    app.MapCommands();
    app.MapReads();
    app.MapKeepalives();
    app.MapFeed();
    app.MapPeers();
    app.MapCluster();
    app.MapCloudkeeperOperations();
    return app;
});
