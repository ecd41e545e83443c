using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>What the variable parts of a command take in a batch: an upper bound is enough.</summary>
internal static class CommandSize
{
    /// <summary>A character is at most three bytes of UTF-8.</summary>
    private const int CharBytes = 3;

    private const int OperationBytes = 64;

    public static int Of(Command command) => command switch
    {
        MutationCommand mutation => Of(mutation.Operation),
        TransactionCommand transaction => transaction.If.Sum(Of) + transaction.Then.Sum(Of) + transaction.Else.Sum(Of),
        AcquireLockCommand acquire => (acquire.Path.Length + acquire.Owner.Length) * CharBytes,
        OpenSessionCommand open => open.Name.Length * CharBytes,
        _ => 0,
    };

    private static int Of(Condition condition) =>
        OperationBytes + (condition.Path.Length * CharBytes) + (condition.Value?.Length ?? 0);

    private static int Of(Operation operation) => OperationBytes + operation switch
    {
        WriteOperation write => write.Value.Length + ((write.Path.Length + write.ContentType.Length) * CharBytes),
        CreateSequentialOperation create =>
            create.Value.Length + ((create.Parent.Length + create.Prefix.Length + create.ContentType.Length) * CharBytes),
        DeleteOperation delete => delete.Path.Length * CharBytes,
        GetOperation get => get.Path.Length * CharBytes,
        AddOperation add => add.Path.Length * CharBytes,
        _ => 0,
    };
}
