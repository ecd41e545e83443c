namespace Cloudkeeper.Gateway.Tests.Hosting;

/// <summary>
/// Tests that no other test of this process may run beside: those that measure its memory, or wait for what a slow machine
/// would not do in time.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
