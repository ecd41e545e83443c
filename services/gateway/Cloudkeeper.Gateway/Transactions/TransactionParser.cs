using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Transactions;

/// <summary>Makes a command of a client's request, or reports its faults.</summary>
internal static class TransactionParser
{
    private const int AnyVersion = -1;

    public static TransactionCommand Parse(TransactionBody body)
    {
        CheckCount(body.If?.Count);
        CheckCount(body.Then?.Count);
        CheckCount(body.Else?.Count);
        return new TransactionCommand(
            [.. (body.If ?? []).Select(Condition)],
            [.. (body.Then ?? []).Select(Operation)],
            [.. (body.Else ?? []).Select(Operation)]);
    }

    private static void CheckCount(int? count)
    {
        if (count > Limits.TransactionOperationsMax)
        {
            throw new ProblemException(ErrorKinds.TooManyOperations);
        }
    }

    private static Condition Condition(ConditionBody body)
    {
        if (body is null)
        {
            throw JsonMembers.Invalid("if", "has a null");
        }

        var value = JsonMembers.Value(body.Value, body.Encoding);
        var isAboutNode = body.Revision is not null || body.Version is not null || value is not null;
        if (body.Exists is false && isAboutNode)
        {
            throw new ProblemException(ErrorKinds.InvalidCondition, "What does not exist has no revision, version or value.");
        }

        if (body.Exists is null && !isAboutNode)
        {
            throw new ProblemException(ErrorKinds.InvalidCondition, "Give exists, revision, version or value.");
        }

        return new Condition(
            JsonMembers.Path(body.Path), body.Exists, RevisionOf(body.Revision), VersionOf(body.Version), value);
    }

    private static Operation Operation(OperationBody body)
    {
        Operation?[] given = body is null
            ? []
            :
            [
                body.Create is { } create ? Create(create) : null,
                body.Set is { } set ? Set(set) : null,
                body.Put is { } put ? Put(put) : null,
                body.Delete is { } delete ? Delete(delete) : null,
                body.Get is { } get ? new GetOperation(JsonMembers.Path(get.Path)) : null,
                body.Add is { } add ? Add(add) : null,
            ];
        Operation[] operations = [.. given.OfType<Operation>()];
        return operations is [var only]
            ? only
            : throw new ProblemException(
                ErrorKinds.InvalidBody, "An operation is exactly one of create, set, put, delete, get and add.");
    }

    private static Operation Create(CreateBody body)
    {
        var lifetime = Lifetime(body.Session, body.Ttl, body.Kind);
        var value = JsonMembers.Value(body.Value, body.Encoding) ?? ReadOnlyMemory<byte>.Empty;
        var contentType = ContentType(body.ContentType);
        if (body.Path is null == body.Parent is null || (body.Path is not null && body.Prefix is not null))
        {
            throw new ProblemException(ErrorKinds.InvalidBody, "A create has a path, or a parent and maybe a prefix.");
        }

        if (body.Path is not null)
        {
            return new WriteOperation(
                JsonMembers.Path(body.Path), value, contentType, WriteMode.Create, lifetime.Kind, lifetime.IsGiven,
                lifetime.Session, lifetime.TtlMilliseconds, body.Parents);
        }

        var parent = JsonMembers.Path(body.Parent);
        var prefix = body.Prefix ?? "";
        NodeWrites.CheckPrefix(parent, prefix);
        return new CreateSequentialOperation(
            parent, prefix, value, contentType, lifetime.Kind, lifetime.Session, lifetime.TtlMilliseconds, body.Parents);
    }

    private static WriteOperation Set(SetBody body) => new(
        JsonMembers.Path(body.Path),
        JsonMembers.Value(body.Value, body.Encoding) ?? ReadOnlyMemory<byte>.Empty,
        ContentType(body.ContentType),
        WriteMode.Set,
        IfRevision: RevisionOf(body.Revision),
        IfVersion: VersionOf(body.Version));

    private static WriteOperation Put(PutBody body)
    {
        var lifetime = Lifetime(body.Session, body.Ttl, body.Kind);
        return new WriteOperation(
            JsonMembers.Path(body.Path),
            JsonMembers.Value(body.Value, body.Encoding) ?? ReadOnlyMemory<byte>.Empty,
            ContentType(body.ContentType),
            WriteMode.Put,
            lifetime.Kind,
            lifetime.IsGiven,
            lifetime.Session,
            lifetime.TtlMilliseconds,
            body.Parents,
            RevisionOf(body.Revision),
            VersionOf(body.Version));
    }

    private static DeleteOperation Delete(DeleteBody body) => new(
        JsonMembers.Path(body.Path), body.Recursive, RevisionOf(body.Revision), VersionOf(body.Version));

    private static AddOperation Add(AddBody body) => new(
        JsonMembers.Path(body.Path), body.Amount ?? throw JsonMembers.Invalid("amount", "is needed"));

    private static NodeLifetime Lifetime(long? session, string? ttl, string? kind)
    {
        if (kind is not (null or "container"))
        {
            throw JsonMembers.Invalid("kind", "is 'container'");
        }

        var milliseconds = JsonMembers.Duration("ttl", ttl, 1, NodeLifetime.TtlMillisecondsMax);
        SessionId? owner = session is { } id ? new SessionId(id) : null;
        return NodeLifetime.From(owner, milliseconds, kind is not null)
            ?? throw new ProblemException(ErrorKinds.InvalidBody, "Give at most one of session, ttl and kind.");
    }

    private static string ContentType(string? text)
    {
        if (text is null)
        {
            return JsonMembers.OctetStream;
        }

        return NodeWrites.IsContentType(text)
            ? text
            : throw JsonMembers.Invalid("contentType", $"has 1 to {Limits.ContentTypeCharsMax} printable ASCII characters");
    }

    private static Revision? RevisionOf(long? value) => value switch
    {
        null => null,
        >= 0 => new Revision(value.Value),
        _ => throw JsonMembers.Invalid("revision", "is not negative"),
    };

    private static int? VersionOf(int? value) =>
        value is null or >= AnyVersion ? value : throw JsonMembers.Invalid("version", "is -1 (any) or larger");
}
