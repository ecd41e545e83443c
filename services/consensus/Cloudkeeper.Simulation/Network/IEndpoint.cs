namespace Cloudkeeper.Simulation.Network;

/// <summary>Whatever has an address: a node, up or down, or a gateway.</summary>
internal interface IEndpoint
{
    void Receive(Envelope envelope);
}
