namespace Cloudkeeper.Tree;

/// <summary>
/// The state is of a feature level that this program does not know. There is no fault and no damage: this
/// replica cannot go on before a newer program runs it.
/// </summary>
public sealed class FeatureLevelException : Exception
{
    public FeatureLevelException()
    {
    }

    public FeatureLevelException(string message)
        : base(message)
    {
    }

    public FeatureLevelException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public FeatureLevelException(int level, int newest)
        : this($"This cluster runs at feature level {level}, this program knows up to {newest}: start a newer version.")
    {
    }
}
