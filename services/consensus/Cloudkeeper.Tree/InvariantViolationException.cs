namespace Cloudkeeper.Tree;

/// <summary>A programmer error was detected. Never caught: the process stops and another replica takes over.</summary>
public sealed class InvariantViolationException : Exception
{
    public InvariantViolationException()
    {
    }

    public InvariantViolationException(string message)
        : base(message)
    {
    }

    public InvariantViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
