using System.Text.Json.Serialization;

namespace Cloudkeeper.Node.Joining;

/// <summary>How far a node is on its way into a cluster, and out of it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodePhase>))]
internal enum NodePhase
{
    /// <summary>It belongs to no cluster and has asked none yet.</summary>
    [JsonStringEnumMemberName("new")]
    New,

    /// <summary>It asks a cluster to take it in.</summary>
    [JsonStringEnumMemberName("joining")]
    Joining,

    /// <summary>It belongs to a cluster, and takes part as soon as its log is open.</summary>
    [JsonStringEnumMemberName("member")]
    Member,

    /// <summary>It was taken out and does nothing any more.</summary>
    [JsonStringEnumMemberName("removed")]
    Removed,

    /// <summary>Its data is damaged; it asks to be replaced by itself with an empty disk.</summary>
    [JsonStringEnumMemberName("damaged")]
    Damaged,
}
