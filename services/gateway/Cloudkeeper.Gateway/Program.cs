using Cloudkeeper.Gateway;
using Cloudkeeper.Hosting;

return await CloudkeeperRun.RunAsync(() =>
{
    var builder = WebApplication.CreateSlimBuilder(StartArguments.Of(args));
    builder.AddGateway();
    var app = builder.Build();
    app.UseGateway();
    return app;
});
