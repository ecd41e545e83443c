using Cloudkeeper.Node.Storage;
using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>
/// Begins a cluster that starts with the state of another. The state is the first snapshot, behind which the log
/// begins: a joining node gets it as any snapshot.
/// </summary>
internal static class NewCluster
{
    private static readonly LogIndex First = new(1);

    /// <param name="files">A directory without log and snapshots.</param>
    /// <param name="above">A revision that clients of the old cluster may know although this state is older.</param>
    /// <param name="founder">The node that it belongs to from now on, with a cluster id of its own.</param>
    /// <remarks>The identity comes last: the remains of a crash before that belong to no node.</remarks>
    public static void Begin(IFileSystem files, StateMachine state, Revision above, NodeIdentity founder, Membership members)
    {
        state.Refound(First.Value, above);
        var metadata = new SnapshotMetadata(First, new Term(1), members);
        using (var writer = new SnapshotStore(files, founder.ClusterId).Create(metadata))
        {
            StateFile.Write(state, writer);
        }

        var options = new LogStoreOptions { ClusterId = founder.ClusterId, MayCreate = true };
        RaftLogStore.Open(files, options, metadata, out _).Dispose();
        IdentityFile.Save(files, founder);
    }
}
