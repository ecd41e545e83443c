using System.Text.Json.Serialization;
using Cloudkeeper.Gateway.Cluster;
using Cloudkeeper.Gateway.Locks;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Transactions;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>The JSON that clients send.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(TransactionBody))]
[JsonSerializable(typeof(OpenSessionBody))]
[JsonSerializable(typeof(KeepaliveBody))]
[JsonSerializable(typeof(AcquireLockBody))]
[JsonSerializable(typeof(AddMembersBody))]
[JsonSerializable(typeof(TransferLeadershipBody))]
internal sealed partial class GatewayJson : JsonSerializerContext;
