using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>Makes an empty data directory that of the founder of a new cluster, which begins with a backup.</summary>
internal static class Restoring
{
    public static void Run(
        string backupFile,
        Revision above,
        IConfiguration settings,
        NodeOptions options,
        TextWriter output,
        TimeProvider time)
    {
        var problems = new List<string>();
        var setup = NodeSetup.Create(options, settings, problems);
        if (problems.Count > 0)
        {
            throw new RecoveryException(string.Join(Environment.NewLine, problems));
        }

        using var files = new PhysicalFileSystem(options.DataDirectory);
        var instance = RequireEmpty(options.DataDirectory, files);
        var backup = Backups.Load(backupFile);
        Backups.Describe(backup, output, time);

        var members = MembersOf(setup, instance);
        var self = members.Members.Single(m => m.IsVoter);
        var founder = new NodeIdentity(Guid.NewGuid(), self.Id) { Instance = instance };
        NewCluster.Begin(files, backup.State, above, founder, members);
        var report = new StateReport(output, time);
        output.WriteLine();
        output.WriteLine("Made of it:");
        report.Line("cluster", founder.ClusterId.ToString("N"));
        report.Line("node", $"n{founder.Node} {self.Address}");
        report.Line("revision", backup.State.Revision.ToString());
        output.WriteLine("Start this node with the same settings, and the others with empty directories.");
    }

    /// <summary>The same members with which a cluster is founded: the others vote once they have arrived.</summary>
    private static Membership MembersOf(NodeSetup setup, Guid instance)
    {
        IReadOnlyList<Member> first = setup.FirstMembers.Count > 0
            ? setup.FirstMembers
            : [new Member(new NodeId(1), setup.Address, IsVoter: true)];
        return new Membership(first.Select(m => m.Address == setup.Address
            ? m with { Instance = instance, Level = FeatureLevels.Newest }
            : m with { IsVoter = false }));
    }

    /// <returns>The instance under which the directory is known already, if a node has waited with it, or a new one.</returns>
    private static Guid RequireEmpty(string directory, PhysicalFileSystem files)
    {
        var identity = IdentityFile.Load(files);
        if (identity is { IsMember: true } || files.List().Any(name => name != IdentityFile.Name))
        {
            throw new RecoveryException(
                $"{Path.GetFullPath(directory)} is not empty: a backup is restored into an empty directory only.");
        }

        return identity?.Instance ?? Guid.NewGuid();
    }
}
