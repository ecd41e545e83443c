namespace Cloudkeeper.Proxy.Tests;

/// <summary>Tests of what is of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
