namespace Cloudkeeper.LoadGenerator;

/// <summary>The measurement cannot be made; the message states why and what to do.</summary>
internal sealed class LoadException : Exception
{
    public LoadException()
    {
    }

    public LoadException(string message)
        : base(message)
    {
    }

    public LoadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
