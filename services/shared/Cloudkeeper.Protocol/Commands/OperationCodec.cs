using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Commands;

/// <summary>Bytes of operations and conditions, inside a <see cref="CommandCodec"/> batch.</summary>
internal static class OperationCodec
{
    private enum Tag : byte
    {
        Write = 0,
        CreateSequential = 1,
        Delete = 2,
        Get = 3,
        Add = 4,
    }

    public static void WriteAll(IBufferWriter<byte> output, IReadOnlyList<Operation> operations)
    {
        output.WriteCount(operations.Count);
        foreach (var operation in operations)
        {
            Write(output, operation);
        }
    }

    public static Operation[] ReadAll(ref WireReader reader)
    {
        var operations = new Operation[reader.ReadCount(Limits.TransactionOperationsMax)];
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i] = Read(ref reader);
        }

        return operations;
    }

    public static void WriteConditions(IBufferWriter<byte> output, IReadOnlyList<Condition> conditions)
    {
        output.WriteCount(conditions.Count);
        foreach (var condition in conditions)
        {
            output.WriteString(condition.Path);
            output.WriteBoolean(condition.Exists.HasValue);
            output.WriteBoolean(condition.Exists ?? false);
            output.WriteOptional(condition.Revision?.Value);
            output.WriteOptional(condition.Version);
            output.WriteBoolean(condition.Value.HasValue);
            output.WriteBytes(condition.Value.GetValueOrDefault().Span);
        }
    }

    public static Condition[] ReadConditions(ref WireReader reader)
    {
        var conditions = new Condition[reader.ReadCount(Limits.TransactionOperationsMax)];
        for (var i = 0; i < conditions.Length; i++)
        {
            var path = reader.ReadString(Limits.PathBytesMax);
            var existsGiven = reader.ReadBoolean();
            var exists = reader.ReadBoolean();
            var revision = reader.ReadRevision();
            var version = reader.ReadOptionalInt32();
            var valueGiven = reader.ReadBoolean();
            var value = reader.ReadBytes(Limits.ValueBytesMax);
            conditions[i] = new Condition(
                path,
                existsGiven ? exists : null,
                revision,
                version,
                valueGiven ? value : default(ReadOnlyMemory<byte>?));
        }

        return conditions;
    }

    public static void Write(IBufferWriter<byte> output, Operation operation)
    {
        switch (operation)
        {
            case WriteOperation write:
                output.WriteByte((byte)Tag.Write);
                output.WriteString(write.Path);
                output.WriteBytes(write.Value.Span);
                output.WriteString(write.ContentType);
                output.WriteByte((byte)write.Mode);
                output.WriteByte((byte)write.Kind);
                output.WriteBoolean(write.KindGiven);
                output.WriteOptional(write.Session?.Value);
                output.WriteInt64(write.TtlMilliseconds);
                output.WriteBoolean(write.Parents);
                output.WriteOptional(write.IfRevision?.Value);
                output.WriteOptional(write.IfVersion);
                break;
            case CreateSequentialOperation create:
                output.WriteByte((byte)Tag.CreateSequential);
                output.WriteString(create.Parent);
                output.WriteString(create.Prefix);
                output.WriteBytes(create.Value.Span);
                output.WriteString(create.ContentType);
                output.WriteByte((byte)create.Kind);
                output.WriteOptional(create.Session?.Value);
                output.WriteInt64(create.TtlMilliseconds);
                output.WriteBoolean(create.Parents);
                break;
            case DeleteOperation delete:
                output.WriteByte((byte)Tag.Delete);
                output.WriteString(delete.Path);
                output.WriteBoolean(delete.Recursive);
                output.WriteOptional(delete.IfRevision?.Value);
                output.WriteOptional(delete.IfVersion);
                break;
            case GetOperation get:
                output.WriteByte((byte)Tag.Get);
                output.WriteString(get.Path);
                break;
            case AddOperation add:
                output.WriteByte((byte)Tag.Add);
                output.WriteString(add.Path);
                output.WriteInt64(add.Amount);
                break;
            default:
                throw new ArgumentException($"No encoding for {operation.GetType().Name}.", nameof(operation));
        }
    }

    public static Operation Read(ref WireReader reader)
    {
        var tag = reader.ReadEnum(Tag.Add);
        return tag switch
        {
            Tag.Write => new WriteOperation(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadBytes(Limits.ValueBytesMax),
                reader.ReadString(),
                reader.ReadEnum(WriteMode.Set),
                reader.ReadEnum(NodeKind.Ttl),
                reader.ReadBoolean(),
                reader.ReadSession(),
                reader.ReadInt64(),
                reader.ReadBoolean(),
                reader.ReadRevision(),
                reader.ReadOptionalInt32()),
            Tag.CreateSequential => new CreateSequentialOperation(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadBytes(Limits.ValueBytesMax),
                reader.ReadString(),
                reader.ReadEnum(NodeKind.Ttl),
                reader.ReadSession(),
                reader.ReadInt64(),
                reader.ReadBoolean()),
            Tag.Delete => new DeleteOperation(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadBoolean(),
                reader.ReadRevision(),
                reader.ReadOptionalInt32()),
            Tag.Get => new GetOperation(reader.ReadString(Limits.PathBytesMax)),
            _ => new AddOperation(reader.ReadString(Limits.PathBytesMax), reader.ReadInt64()),
        };
    }
}
