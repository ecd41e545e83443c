namespace Cloudkeeper.Hosting.Tests;

/// <summary>
/// Tests that no other test of this process may run beside: those that read metrics, which all hosts of a process share.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
