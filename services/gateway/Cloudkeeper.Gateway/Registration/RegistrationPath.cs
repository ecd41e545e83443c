using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>
/// Below feature level 4 gateways register in the clients' tree, here. All traffic goes to the addresses in these
/// entries: so no request of a client may write them.
/// </summary>
internal static class RegistrationPath
{
    private const string Path = NodeRoutes.GatewaysPath;

    private static readonly string Parent = NodePath.ParentOf(Path);

    /// <summary>The detail of the refusal.</summary>
    public const string Detail =
        $"Gateways register at {Path} until all nodes have been upgraded: clients neither write nor delete there.";

    public static bool IsTouchedBy(Command command) => command switch
    {
        MutationCommand mutation => IsTouchedBy(mutation.Operation),
        TransactionCommand transaction => transaction.Then.Any(IsTouchedBy) || transaction.Else.Any(IsTouchedBy),
        AcquireLockCommand acquire => IsWithin(acquire.Path),
        _ => false,
    };

    private static bool IsTouchedBy(Operation operation) => operation switch
    {
        // Nothing can be created below an ephemeral node: it would keep gateways out.
        WriteOperation write => IsWithin(write.Path) || (write.Kind == NodeKind.Ephemeral && write.Path == Parent),
        CreateSequentialOperation create => IsWithin(create.Parent),
        AddOperation add => IsWithin(add.Path),
        DeleteOperation delete => IsWithin(delete.Path) || (delete.Recursive && NodePath.IsSameOrBelow(Path, delete.Path)),
        _ => false,
    };

    private static bool IsWithin(string path) => NodePath.IsSameOrBelow(path, Path);
}
