#pragma warning disable CA1822 // An instance once it has content.
namespace Cloudkeeper.Tree;

/// <summary>Makes a state machine from the blocks of a snapshot.</summary>
public sealed class StateMachineLoader(StateMachineOptions options)
{
    private readonly StateMachine _machine = new(options);

    public void Add(ReadOnlySpan<byte> block)
    {
        if (!block.IsEmpty)
        {
            throw new InvalidDataException("Snapshots cannot be read yet.");
        }
    }

    public StateMachine Complete() => _machine;
}
