using System.Text.Json;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Gateway.Transactions;

/// <summary><c>POST /v1/transactions</c>.</summary>
internal sealed class TransactionEndpoints(Mutations mutations, BodyReader bodies)
{
    private const string Route = "/v1/transactions";

    public void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost(Route, ExecuteAsync).Describe(ExecuteAsync, Description);

    public async Task ExecuteAsync(HttpContext context)
    {
        using var body = await bodies.ReadAsync(context, Limits.TransactionBytesMax, ErrorKinds.BodyTooLarge);
        var command = TransactionParser.Parse(JsonBody.Parse(context, body, GatewayJson.Default.TransactionBody));
        var result = await mutations.ExecuteAsync(context, command, body.Memory, SessionOf(command));
        Mutations.Describe(context, result);
        if (result.Code == ResultCode.Ok)
        {
            var transaction = (TransactionResult)result.Body!;
            await JsonAnswer.WriteDoneAsync(context, HeldBy(transaction), (transaction, result.Revision), static (parts, done) =>
                WriteAsync(parts, done.transaction, done.Revision));
        }
        else if (result is { Code: ResultCode.TransactionFailed, Body: TransactionResult failed })
        {
            RefuseFailed(context, result.Revision, failed);
        }
        else
        {
            Mutations.Refuse(context, result);
        }
    }

    /// <summary>A transaction of one session keeps its order with that session's other commands.</summary>
    private static SessionId? SessionOf(TransactionCommand command)
    {
        foreach (var operation in command.Then.Concat(command.Else))
        {
            if (operation is WriteOperation { Session: { } writer })
            {
                return writer;
            }

            if (operation is CreateSequentialOperation { Session: { } creator })
            {
                return creator;
            }
        }

        return null;
    }

    private static void RefuseFailed(HttpContext context, Revision revision, TransactionResult failed) =>
        ProblemWriter.Write(context, new Problem(ErrorKinds.TransactionFailed, Revision: revision, WriteMembers: json =>
        {
            json.WriteNumber("failedIndex"u8, failed.FailedIndex);
            json.WriteString("operationCode"u8, failed.OperationCode.ToApiCode());
        }));

    private static long HeldBy(TransactionResult transaction) =>
        transaction.Results.Sum(static result => result is GetResult get ? (long)get.Value.Length : 0);

    /// <summary><c>{succeeded, revision, results: […]}</c></summary>
    private static async ValueTask WriteAsync(JsonParts parts, TransactionResult transaction, Revision revision)
    {
        var json = parts.Json;
        json.WriteStartObject();
        json.WriteBoolean("succeeded"u8, transaction.Succeeded);
        json.WriteNumber("revision"u8, revision.Value);
        json.WriteStartArray("results"u8);
        foreach (var body in transaction.Results)
        {
            if (body is GetResult { Stat: { } stat } get)
            {
                await NodeJson.WriteEnvelopeAsync(parts, get.Path, get.Value, get.ContentType, stat);
            }
            else
            {
                WriteResult(json, body);
            }

            await parts.PassOnAsync();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, ResultBody body)
    {
        switch (body)
        {
            case GetResult absent:
                json.WriteStartObject();
                json.WriteString("path"u8, absent.Path);
                json.WriteBoolean("exists"u8, false);
                json.WriteEndObject();
                break;
            case NodeResult node:
                WriteNode(json, node.Path, null, node.Stat);
                break;
            case CounterResult counter:
                WriteNode(json, counter.Path, counter.Value, counter.Stat);
                break;
            default:
                throw new ArgumentException($"No operation results in {body.GetType().Name}.", nameof(body));
        }
    }

    private static void WriteNode(Utf8JsonWriter json, string path, long? counter, NodeStat? stat)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        if (counter is { } value)
        {
            json.WriteNumber("value"u8, value);
        }

        if (stat is { } present)
        {
            NodeJson.WriteStat(json, present);
        }

        json.WriteEndObject();
    }

    private static RouteDescription Description => new("Transactions", "Do several operations in one revision, or none.")
    {
        Parameters = CommonParameters.Changing,
        Body = typeof(TransactionBody),
        Answers = [new(200, "Done, by one branch or the other.", typeof(Answers.Transaction))],
        Problems =
        [
            ErrorKinds.InvalidBody, ErrorKinds.InvalidPath, ErrorKinds.InvalidParameter, ErrorKinds.InvalidCondition,
            ErrorKinds.InvalidFence, ErrorKinds.InvalidIdempotencyKey, ErrorKinds.TooManyOperations,
            ErrorKinds.TransactionFailed, ErrorKinds.FenceLost, ErrorKinds.BodyTooLarge, ErrorKinds.ValueTooLarge,
            ErrorKinds.UnsupportedMediaType, ErrorKinds.IdempotencyKeyReuse, ErrorKinds.OutcomeUnknown,
            ErrorKinds.StorageFull,
        ],
    };
}
