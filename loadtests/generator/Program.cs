using Cloudkeeper.LoadGenerator;
using Cloudkeeper.LoadGenerator.Baseline;
using Cloudkeeper.LoadGenerator.Engine;

if (args is [BareServer.Command, ..])
{
    return await BareServer.RunAsync(args);
}

if (args.Length == 0 || args.Contains("--help", StringComparer.Ordinal))
{
    Console.WriteLine(Usage.Text);
    return args.Length == 0 ? 2 : 0;
}

if (!CommandLine.TryParse(args, out var command, out var options, out var errors))
{
    foreach (var error in errors)
    {
        await Console.Error.WriteLineAsync(error);
    }

    await Console.Error.WriteLineAsync("--help lists the options.");
    return 2;
}

SocketEngine.Configure();
using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interrupted.Cancel();
};

try
{
    return await Commands.RunAsync(command, options, interrupted.Token);
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    return 130;
}
catch (LoadException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
