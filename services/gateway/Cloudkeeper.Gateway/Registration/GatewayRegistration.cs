using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Sessions;
using Microsoft.AspNetCore.Hosting.Server;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>
/// Registers the gateway while it serves, so that the proxy finds it, under a session of its own, and looks now and then
/// whether that still stands. Taken back first when it stops.
/// </summary>
internal sealed partial class GatewayRegistration(
    INodes nodes, ClusterLevel level, IServer server, GatewayOptions options, IConfiguration configuration,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<GatewayRegistration> logger)
    : IHostedLifecycleService, IDisposable
{
    private const int KeepalivesPerTtl = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WithdrawMax = TimeSpan.FromSeconds(2);

    /// <summary>A registration that another client has deleted or replaced is missed no longer than this.</summary>
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(2);

    private readonly GatewayTable _table = new(nodes);
    private readonly GatewaysInTree _tree = new(nodes);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private SessionId? _session;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Register)
        {
            _running = RunAsync(_stopping.Token);
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Before the drain time and the closing of the port: a proxy that looks now does not find this gateway any more.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await WithdrawAsync().WaitAsync(WithdrawMax, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or ProblemException or OperationCanceledException)
        {
            LogNotWithdrawn(logger, PlainText.Cut(e.Message));
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    /// <summary>A session that is being opened now would stand, with its registration, until its TTL is over.</summary>
    private async Task WithdrawAsync()
    {
        await _running;
        if (_session is { } session)
        {
            await ExecuteAsync(new CloseSessionCommand(session), session);
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        var address = OwnAddress.Now(options, configuration, server)
            ?? throw new InvalidOperationException("Where others reach this gateway was checked at the start.");
        var instance = options.Instance.Length > 0 ? options.Instance : new Uri(address).Authority.Replace(':', '-');

        // Else it would register where gateways did before there was a table, and leave its parents there.
        await level.Known.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stopping.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            try
            {
                var session = await OpenAsync(instance);
                _session = session;
                await KeepAsync(new GatewayEntry(instance, address, session), stopping);
            }
            catch (ProblemException e)
            {
                LogFailed(logger, PlainText.Cut(e.Message));
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

    /// <summary>Until the session has ended, or the gateway stops.</summary>
    private async Task KeepAsync(GatewayEntry gateway, CancellationToken stopping)
    {
        IGatewayRegistry? registered = null;
        var interval = options.RegistrationTtl / KeepalivesPerTtl;
        do
        {
            registered = await RegisterAsync(gateway, registered);
        }
        while (await DelayAsync(interval < LookMax ? interval : LookMax, stopping) && !await IsLostAsync(gateway.Session));

        if (!stopping.IsCancellationRequested)
        {
            LogLost(logger, gateway.Session);
        }
    }

    /// <summary>Sees to it that the registration stands where the cluster's feature level has it stand.</summary>
    /// <param name="former">Where this gateway has registered.</param>
    /// <returns>Where it is registered now.</returns>
    private async Task<IGatewayRegistry?> RegisterAsync(GatewayEntry gateway, IGatewayRegistry? former)
    {
        try
        {
            IGatewayRegistry registry = level.Value < ClusterLevel.GatewayTable ? _tree : _table;
            if (former == registry && await registry.HasAsync(gateway))
            {
                return registry;
            }

            await registry.RegisterAsync(gateway);
            LogRegistered(logger, gateway.Instance, gateway.Address, gateway.Session);
            if (former is not null && former != registry)
            {
                await former.RemoveAsync(gateway);
            }

            return registry;
        }
        catch (ProblemException e)
        {
            LogFailed(logger, PlainText.Cut(e.Message));
            return former;
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
            // No node could count it: the session may well live.
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

    [LoggerMessage(LogLevel.Information, "Registered as {Instance} at {Address} under session {Session}")]
    private static partial void LogRegistered(ILogger logger, string instance, string address, SessionId session);

    [LoggerMessage(LogLevel.Warning, "Session {Session} of the registration has ended: registering anew")]
    private static partial void LogLost(ILogger logger, SessionId session);

    [LoggerMessage(LogLevel.Warning, "Not registered yet: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "The registration ends with its session, not now: {Reason}")]
    private static partial void LogNotWithdrawn(ILogger logger, string reason);
}
