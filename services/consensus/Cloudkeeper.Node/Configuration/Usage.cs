namespace Cloudkeeper.Node.Configuration;

/// <summary>The command lines that start a node.</summary>
internal static class Usage
{
    private const string Text = """
        A Cloudkeeper node: one member of the cluster that keeps the tree.

        Start the first members of a new cluster, each with its own Node:Id (the one with the lowest founds the cluster):
          Cloudkeeper.Node --urls http://10.0.0.1:7000 --Node:Id 1 --Node:Members 1=http://10.0.0.1:7000,2=http://10.0.0.2:7000

        Let another node join a running cluster; the address of any member is enough:
          Cloudkeeper.Node --urls http://10.0.0.4:7000 --join http://10.0.0.1:7000

        Take the place of a member whose disk is lost, at its address:
          Cloudkeeper.Node --urls http://10.0.0.2:7000 --join http://10.0.0.1:7000 --replace true

        Start any of them again: the same command, or only --urls and --data; the log knows the rest.

        While no process uses the data directory:
          Cloudkeeper.Node inspect [--data DIRECTORY]   which cluster and node, up to which entry and revision, how old
          Cloudkeeper.Node verify [--data DIRECTORY | --from BACKUP]
                                                        read and check every byte of it, or of a backup (GET /snapshot)
          Cloudkeeper.Node restore --from BACKUP [--data DIRECTORY] [--above REVISION] --Node:Id 1 --Node:Members ...
                                                        make an empty directory that of the founder of a new cluster which
                                                        begins with the backup; then start it with the same settings, and
                                                        the others with empty directories
          Cloudkeeper.Node recover [--data DIRECTORY] [--address URL] [--above REVISION]
                                                        a majority is lost for good: make this survivor the founder of a
                                                        new cluster with all that it has. Run inspect on all survivors and
                                                        recover on the one whose last entry is the furthest (the larger
                                                        term, then the larger index); start the others with empty
                                                        directories and --join. The old files are kept aside
          Give --above when the same data has been restored before: the newest revision of the cluster made of it then.

          --urls URL               where to listen; default http://localhost:5000
          --join URL[,URL]         Node:Join           members of the cluster to join
          --address URL            Node:Address        where the others reach this node; default: where it listens
          --data DIRECTORY         Node:DataDirectory  default data
          --replace true           Node:Replace        take the place of the member at this address

        Every setting may also stand in the environment (Node__Join) or in appsettings.json. services/consensus/Cloudkeeper.Node
        documents all of them in Configuration/NodeOptions.cs.
        """;

    /// <summary>Names that are easier to type.</summary>
    public static Dictionary<string, string> ShortForms { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--join"] = "Node:Join",
        ["--address"] = "Node:Address",
        ["--data"] = "Node:DataDirectory",
        ["--replace"] = "Node:Replace",
    };

    public static bool IsAskedFor(string[] args) =>
        args.Any(arg => arg is "--help" or "-h" or "-?" or "help");

    public static void Print(TextWriter output) => output.WriteLine(Text);
}
