using System.Globalization;
using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>
/// When a majority of the voters is lost for good: a survivor becomes the founder of a new cluster with all that it
/// has, also with the end of its log that is not known to be committed.
/// </summary>
/// <remarks>
/// Data that only lost nodes had is lost, and writes that were never acknowledged may appear; no order of steps can
/// change that. The new cluster has another id, so that a lost node that turns up again can do no harm.
/// </remarks>
internal static class Recovering
{
    public static void Run(NodeOptions options, Revision above, TextWriter output, TimeProvider time)
    {
        var directory = Path.GetFullPath(options.DataDirectory);
        using var files = Inspection.OpenExisting(directory);
        RequireComplete(directory, files);
        var old = StoredNode.Read(files);
        var report = new StateReport(output, time);
        output.WriteLine("Found:");
        report.Write(old);

        var founder = new NodeIdentity(Guid.NewGuid(), old.Identity.Node) { Instance = Guid.NewGuid() };
        var self = new Member(founder.Node, AddressOf(options, old), IsVoter: true)
        {
            Instance = founder.Instance,
            Level = FeatureLevels.Newest,
        };
        var now = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture);
        var aside = Path.Combine(directory, "recovered-" + now);
        var fresh = Path.Combine(directory, "new-" + now);
        using (var freshFiles = new PhysicalFileSystem(fresh))
        {
            NewCluster.Begin(freshFiles, old.Machine, above, founder, new Membership([self], old.Membership.LastId));
        }

        Replace(directory, files, aside, fresh);
        output.WriteLine();
        output.WriteLine("Made of it:");
        report.Line("cluster", founder.ClusterId.ToString("N"));
        report.Line("node", $"n{founder.Node} {self.Address}, its only member");
        report.Line("revision", old.Machine.Revision.ToString());
        report.Line("old files", aside);
        output.WriteLine($"Start this node as before, and the others with empty directories and --join {self.Address}.");
    }

    private static void RequireComplete(string directory, PhysicalFileSystem files)
    {
        if (QuarantineFile.Load(files) is { } quarantine)
        {
            throw new RecoveryException(
                $"The state in {directory} is not to be trusted ({quarantine.Reason}): recover from another survivor, or restore a "
                + $"backup. If there is neither, delete the file {QuarantineFile.Name} and try again.");
        }

        if (IdentityFile.Load(files) is null && Directory.EnumerateDirectories(directory, "recovered-*").Any())
        {
            throw new RecoveryException(
                $"A recovery in {directory} was interrupted. Nothing is lost: move everything in the newest folder recovered-… "
                + "back to where it was, and try again.");
        }
    }

    private static string AddressOf(NodeOptions options, StoredNode old)
    {
        var known = old.Membership.Find(old.Identity.Node)?.Address;
        return ReachableAddress.Parse(options.Address.Length > 0 ? options.Address : known ?? "")
            ?? throw new RecoveryException(
                "Give --address: where the other nodes reach this one, e.g. --address http://10.0.0.1:7000.");
    }

    /// <summary>The identity moves last in each direction: it makes a directory a node's.</summary>
    private static void Replace(string directory, PhysicalFileSystem files, string aside, string fresh)
    {
        using (var asideFiles = new PhysicalFileSystem(aside))
        {
            Move(files.List(), directory, aside);
            asideFiles.SyncDirectory();
            files.SyncDirectory();
        }

        using (var freshFiles = new PhysicalFileSystem(fresh))
        {
            Move(freshFiles.List(), fresh, directory);
        }

        Directory.Delete(fresh, recursive: true);
        files.SyncDirectory();
    }

    private static void Move(IReadOnlyList<string> names, string from, string to)
    {
        foreach (var name in names.OrderBy(name => name == IdentityFile.Name))
        {
            File.Move(Path.Combine(from, name), Path.Combine(to, name));
        }
    }
}
