namespace Cloudkeeper.Simulation.Network;

/// <summary>An addressee of messages: a node, up or down, or a gateway.</summary>
internal interface IEndpoint
{
    void Receive(Envelope envelope);
}
