using System.Buffers;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Storage;

/// <summary>A whole state out of a snapshot file, and into one.</summary>
internal static class StateFile
{
    private const int BlockBytes = 128 << 10;

    /// <summary>Reads every byte to the end: the result is the whole state, or there is none.</summary>
    /// <exception cref="StorageCorruptedException">It is damaged, or its end is missing.</exception>
    /// <exception cref="FeatureLevelException">A newer program has to read it.</exception>
    public static StateMachine Load(SnapshotFileReader reader, string name)
    {
        try
        {
            var loader = new StateMachineLoader(StateMachineOptions.Default);
            while (reader.TryRead(out var block))
            {
                loader.Add(block.Span);
            }

            return loader.Complete();
        }
        catch (WireFormatException e)
        {
            throw new StorageCorruptedException(name, 0, e.Message);
        }
    }

    public static void Write(StateMachine machine, SnapshotFileWriter writer)
    {
        using var snapshot = machine.BeginSnapshot();
        var block = new ArrayBufferWriter<byte>(2 * BlockBytes);
        for (var more = true; more;)
        {
            block.ResetWrittenCount();
            more = snapshot.WriteNext(block, BlockBytes);
            writer.Write(block.WrittenSpan);
        }

        writer.Commit();
    }
}
