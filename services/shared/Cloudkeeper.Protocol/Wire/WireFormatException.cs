namespace Cloudkeeper.Protocol.Wire;

/// <summary>Bytes from a peer, a gateway or the log are not what they should be. The sender is refused, nothing is lost.</summary>
public sealed class WireFormatException : Exception
{
    public WireFormatException()
    {
    }

    public WireFormatException(string message)
        : base(message)
    {
    }

    public WireFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
