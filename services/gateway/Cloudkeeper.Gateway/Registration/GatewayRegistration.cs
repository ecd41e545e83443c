using System.Text.Json.Nodes;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Sessions;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>
/// Registers the gateway in the tree while it serves, so that the proxy finds it: an ephemeral node under a session of
/// its own. Taken back first when it stops.
/// </summary>
internal sealed partial class GatewayRegistration(
    INodes nodes, IServer server, GatewayOptions options, IConfiguration configuration, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<GatewayRegistration> logger) : IHostedLifecycleService, IDisposable
{
    private const int KeepalivesPerTtl = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WithdrawMax = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private SessionId? _session;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Register)
        {
            _ = RunAsync(_stopping.Token);
        }

        return Task.CompletedTask;
    }

    /// <summary>Before the drain time and the closing of the port: whoever looks now does not find this gateway any more.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        if (_session is not { } session)
        {
            return;
        }

        try
        {
            await ExecuteAsync(new CloseSessionCommand(session), session).AsTask()
                .WaitAsync(WithdrawMax, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or ProblemException or OperationCanceledException)
        {
            LogNotWithdrawn(logger, e.Message);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(CancellationToken stopping)
    {
        var (address, problem) = OwnAddress.Of(options, configuration);
        address = OwnAddress.WithPort(
            address ?? throw new InvalidOperationException(problem), server.Features.Get<IServerAddressesFeature>());
        var instance = options.Instance.Length > 0 ? options.Instance : new Uri(address).Authority.Replace(':', '-');
        while (!stopping.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            try
            {
                var session = await OpenAsync(instance);
                _session = session;
                await RegisterAsync(session, instance, address);
                await KeepAsync(session, stopping);
            }
            catch (ProblemException e)
            {
                LogFailed(logger, e.Message);
            }

            await DelayAsync(Pause, stopping);
        }
    }

    private async Task<SessionId> OpenAsync(string instance)
    {
        var command = new OpenSessionCommand((long)options.RegistrationTtl.TotalMilliseconds, "gateway " + instance);
        var result = await ExecuteAsync(command, null);
        return result is { Code: ResultCode.Ok, Body: SessionInfo session }
            ? session.Id
            : throw new ProblemException(ErrorKinds.Of(result.Code));
    }

    /// <summary>In place of what an earlier run may have left under this name, which dies with that run's session.</summary>
    private async Task RegisterAsync(SessionId session, string instance, string address)
    {
        var path = NodePath.Join(NodeRoutes.GatewaysPath, instance);
        var value = new JsonObject { ["address"] = address }.ToJsonString();
        var write = new WriteOperation(
            path, System.Text.Encoding.UTF8.GetBytes(value), "application/json", WriteMode.Create, NodeKind.Ephemeral,
            KindGiven: true, Session: session, Parents: true);
        var command = new TransactionCommand(
            [new Condition(path, Exists: true)], [new DeleteOperation(path, Recursive: true), write], [write]);
        var result = await ExecuteAsync(command, session);
        if (result.Code != ResultCode.Ok)
        {
            throw new ProblemException(ErrorKinds.Of(result.Code));
        }

        LogRegistered(logger, path, address, session);
    }

    /// <summary>Until the session has ended, or the gateway stops.</summary>
    private async Task KeepAsync(SessionId session, CancellationToken stopping)
    {
        while (await DelayAsync(options.RegistrationTtl / KeepalivesPerTtl, stopping))
        {
            if (await IsLostAsync(session))
            {
                LogLost(logger, session);
                return;
            }
        }
    }

    private async Task<bool> IsLostAsync(SessionId session)
    {
        try
        {
            return (await nodes.KeepAliveAsync(session)).Status != KeepaliveStatus.Alive;
        }
        catch (ProblemException)
        {
            // Nobody could count it: the session may well live.
            return false;
        }
    }

    private async Task<bool> DelayAsync(TimeSpan delay, CancellationToken stopping)
    {
        await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stopping.IsCancellationRequested;
    }

    private ValueTask<CommandResult> ExecuteAsync(Command command, SessionId? session) =>
        nodes.ExecuteAsync(new CommandRequest(0, null, UInt128.Zero, [], command), session);

    [LoggerMessage(LogLevel.Information, "Registered at {Path} as {Address} under session {Session}")]
    private static partial void LogRegistered(ILogger logger, string path, string address, SessionId session);

    [LoggerMessage(LogLevel.Warning, "Session {Session} of the registration has ended: registering anew")]
    private static partial void LogLost(ILogger logger, SessionId session);

    [LoggerMessage(LogLevel.Warning, "Not registered yet: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "The registration ends with its session, not now: {Reason}")]
    private static partial void LogNotWithdrawn(ILogger logger, string reason);
}
