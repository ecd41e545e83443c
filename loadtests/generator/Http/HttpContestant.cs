using System.Net;
using System.Net.Sockets;
using Cloudkeeper.LoadGenerator.Engine;
using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.LoadGenerator.Http;

/// <summary>A gateway, a proxy, or anything else that answers the same routes.</summary>
internal sealed class HttpContestant(
    Target target, LoadOptions options, IReadOnlyList<ObservedProcess> processes) : IContestant
{
    private readonly IPEndPoint _server = Resolve(target.Address);

    public string Name => target.Name;

    public IReadOnlyList<ObservedProcess> Processes => processes;

    public EndPoint ServerOf(int connection) => _server;

    public IExchange CreateExchange(Operation operation, int connection) =>
        HttpExchange.Create(operation, target.Address.Authority, options.ValueSize, options.Keys, connection);

    public IExchange CreateFill(int share, int shares) =>
        new HttpFill(RequestTemplate.Fill(target.Address.Authority, options.ValueSize), share, shares, options.Keys);

    private static IPEndPoint Resolve(Uri address)
    {
        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(address.DnsSafeHost)[0], address.Port);
        }
        catch (SocketException e)
        {
            throw new LoadException($"{address}: {e.Message}", e);
        }
    }
}
