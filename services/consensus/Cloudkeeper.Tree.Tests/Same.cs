using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Tree.Tests;

/// <summary>Compares by what would go over the wire: records compare lists by reference.</summary>
internal static class Same
{
    public static void Results(IReadOnlyList<CommandResult> expected, IReadOnlyList<CommandResult> actual) =>
        Assert.Equal(
            Bytes(output => CommandResultCodec.WriteAll(output, expected)),
            Bytes(output => CommandResultCodec.WriteAll(output, actual)));

    public static void States(StateMachine expected, StateMachine actual)
    {
        Assert.Equal(expected.Revision, actual.Revision);
        Assert.Equal(expected.AppliedIndex, actual.AppliedIndex);
        Assert.Equal(expected.Time, actual.Time);
        Assert.Equal(expected.FeatureLevel, actual.FeatureLevel);
        Assert.Equal(expected.NodeCount, actual.NodeCount);
        Assert.Equal(expected.Digest, actual.Digest);
        Assert.Equal(expected.LiveSessions(default), actual.LiveSessions(default));
        Assert.Equal(expected.Gateways, actual.Gateways);
        Assert.Equal(History(expected), History(actual));
        Nodes(expected, actual, "/");
    }

    private static void Nodes(StateMachine expected, StateMachine actual, string path)
    {
        var left = Read(expected, path);
        var right = Read(actual, path);
        Assert.Equal(left.Stat, right.Stat);
        Assert.Equal(left.Children.Count, right.Children.Count);
        foreach (var (one, other) in left.Children.Zip(right.Children))
        {
            Assert.Equal((one.Name, one.ContentType, one.Stat), (other.Name, other.ContentType, other.Stat));
            Assert.Equal(one.Value.ToArray(), other.Value.ToArray());
            Nodes(expected, actual, NodePath.Join(path, one.Name));
        }
    }

    private static ReadChildrenResult Read(StateMachine state, string path) =>
        (ReadChildrenResult)state.Read(new ReadChildrenRequest(path, "", Limits.PageSizeMax, WithValues: true));

    private static byte[] History(StateMachine state)
    {
        var sets = new List<ChangeSet>();
        state.ReadHistory(new Revision(state.OldestRevision.Value - 1), int.MaxValue, sets);
        return Bytes(output => sets.ForEach(set => ChangeCodec.Write(output, set)));
    }

    private static byte[] Bytes(Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }
}
