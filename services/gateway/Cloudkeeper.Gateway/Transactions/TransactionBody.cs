using System.Text.Json.Serialization;
using Cloudkeeper.Gateway.Serving;

namespace Cloudkeeper.Gateway.Transactions;

/// <summary><c>POST /v1/transactions</c> as it comes.</summary>
internal sealed record TransactionBody(
    IReadOnlyList<ConditionBody>? If = null,
    IReadOnlyList<OperationBody>? Then = null,
    IReadOnlyList<OperationBody>? Else = null);

internal sealed record ConditionBody(
    string? Path = null,
    bool? Exists = null,
    [property: JsonConverter(typeof(IntegerConverter))] long? Revision = null,
    int? Version = null,
    string? Value = null,
    string? Encoding = null);

/// <summary>Exactly one of its members is given.</summary>
internal sealed record OperationBody(
    CreateBody? Create = null,
    SetBody? Set = null,
    PutBody? Put = null,
    DeleteBody? Delete = null,
    GetBody? Get = null,
    AddBody? Add = null);

/// <summary>At <c>path</c>, or below <c>parent</c> with a number behind <c>prefix</c>.</summary>
internal sealed record CreateBody(
    string? Path = null,
    string? Parent = null,
    string? Prefix = null,
    string? Value = null,
    string? Encoding = null,
    string? ContentType = null,
    [property: JsonConverter(typeof(IntegerConverter))] long? Session = null,
    string? Ttl = null,
    string? Kind = null,
    bool Parents = false);

internal sealed record SetBody(
    string? Path = null,
    string? Value = null,
    string? Encoding = null,
    string? ContentType = null,
    [property: JsonConverter(typeof(IntegerConverter))] long? Revision = null,
    int? Version = null);

internal sealed record PutBody(
    string? Path = null,
    string? Value = null,
    string? Encoding = null,
    string? ContentType = null,
    [property: JsonConverter(typeof(IntegerConverter))] long? Session = null,
    string? Ttl = null,
    string? Kind = null,
    bool Parents = false,
    [property: JsonConverter(typeof(IntegerConverter))] long? Revision = null,
    int? Version = null);

internal sealed record DeleteBody(
    string? Path = null,
    bool Recursive = false,
    [property: JsonConverter(typeof(IntegerConverter))] long? Revision = null,
    int? Version = null);

internal sealed record GetBody(string? Path = null);

internal sealed record AddBody(
    string? Path = null,
    [property: JsonConverter(typeof(IntegerConverter))] long? Amount = null);
