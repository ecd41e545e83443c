using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Commands;

/// <summary>
/// How many bytes <see cref="CommandCodec"/> writes for a request, exactly: gateways form their batches by it, so that
/// none is larger than what a node takes.
/// </summary>
public static class CommandSize
{
    /// <summary>Of a batch besides its requests, at most.</summary>
    public const int BatchHeaderBytesMax = 1 + sizeof(long) + sizeof(long) + 5;

    private const int Tag = 1;
    private const int Enum = 1;
    private const int OptionalLong = sizeof(long);
    private const int OptionalInt = sizeof(int);
    private const int FingerprintBytes = 16;

    /// <exception cref="ArgumentException">No client can ask for such a command: leaders make it.</exception>
    public static int Of(CommandRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return sizeof(long)
            + WireSize.OfOptional(request.IdempotencyKey) + (request.IdempotencyKey is null ? 0 : FingerprintBytes)
            + WireSize.OfCount(request.Fences.Count) + (request.Fences.Count * sizeof(long))
            + Tag + Of(request.Command);
    }

    private static int Of(Command command) => command switch
    {
        MutationCommand mutation => Of(mutation.Operation),
        TransactionCommand transaction => Of(transaction.If) + Of(transaction.Then) + Of(transaction.Else),
        OpenSessionCommand open => sizeof(long) + WireSize.OfString(open.Name),
        CloseSessionCommand => sizeof(long),
        AcquireLockCommand acquire => WireSize.OfString(acquire.Path)
            + WireSize.OfOptional(acquire.Session.HasValue, OptionalLong)
            + sizeof(long) + WireSize.OfString(acquire.Owner) + WireSize.Boolean,
        ReleaseTicketCommand => sizeof(long),
        RegisterGatewayCommand register =>
            WireSize.OfString(register.Gateway.Instance) + WireSize.OfString(register.Gateway.Address) + sizeof(long),
        OpenLaneCommand => 0,
        _ => throw new ArgumentException($"No size of {command.GetType().Name}.", nameof(command)),
    };

    private static int Of(IReadOnlyList<Condition> conditions)
    {
        var bytes = WireSize.OfCount(conditions.Count);
        for (var i = 0; i < conditions.Count; i++)
        {
            var condition = conditions[i];
            bytes += WireSize.OfString(condition.Path) + (2 * WireSize.Boolean)
                + WireSize.OfOptional(condition.Revision.HasValue, OptionalLong)
                + WireSize.OfOptional(condition.Version.HasValue, OptionalInt)
                + WireSize.Boolean + WireSize.OfBytes(condition.Value?.Length ?? 0);
        }

        return bytes;
    }

    private static int Of(IReadOnlyList<Operation> operations)
    {
        var bytes = WireSize.OfCount(operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            bytes += Of(operations[i]);
        }

        return bytes;
    }

    private static int Of(Operation operation) => Tag + operation switch
    {
        WriteOperation write => OfWrite(write),
        CreateSequentialOperation create => OfCreation(create),
        DeleteOperation delete => WireSize.OfString(delete.Path) + WireSize.Boolean
            + WireSize.OfOptional(delete.IfRevision.HasValue, OptionalLong)
            + WireSize.OfOptional(delete.IfVersion.HasValue, OptionalInt),
        GetOperation get => WireSize.OfString(get.Path),
        AddOperation add => WireSize.OfString(add.Path) + sizeof(long),
        _ => throw new ArgumentException($"No size of {operation.GetType().Name}.", nameof(operation)),
    };

    private static int OfWrite(WriteOperation write) =>
        WireSize.OfString(write.Path) + WireSize.OfBytes(write.Value.Length) + WireSize.OfString(write.ContentType)
        + (2 * Enum) + WireSize.Boolean
        + WireSize.OfOptional(write.Session.HasValue, OptionalLong)
        + sizeof(long) + WireSize.Boolean
        + WireSize.OfOptional(write.IfRevision.HasValue, OptionalLong)
        + WireSize.OfOptional(write.IfVersion.HasValue, OptionalInt);

    private static int OfCreation(CreateSequentialOperation create) =>
        WireSize.OfString(create.Parent) + WireSize.OfString(create.Prefix)
        + WireSize.OfBytes(create.Value.Length) + WireSize.OfString(create.ContentType)
        + Enum
        + WireSize.OfOptional(create.Session.HasValue, OptionalLong)
        + sizeof(long) + WireSize.Boolean;
}
