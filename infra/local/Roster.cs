using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudkeeper.Local;

/// <summary>Which nodes and gateways there are, by their numbers: remembered in the data directory from start to start.</summary>
/// <param name="BasePort">The ports follow from it, and the cluster remembers its nodes by their addresses.</param>
/// <param name="Founders">The nodes that founded the cluster, whether or not they are still there.</param>
/// <param name="LastNode">The largest number that a node ever had: numbers are given once, as the cluster's own ids are.</param>
internal sealed record Roster(
    int BasePort, IReadOnlyList<int> Founders, IReadOnlyList<int> Nodes, IReadOnlyList<int> Gateways, int LastNode)
{
    public const string FileName = "local.json";

    public static Roster First(LocalOptions options) => new(
        options.BasePort,
        [.. Enumerable.Range(1, options.Nodes)],
        [.. Enumerable.Range(1, options.Nodes)],
        [.. Enumerable.Range(1, options.Gateways)],
        options.Nodes);

    /// <summary>What was remembered; null in a new directory.</summary>
    /// <exception cref="FormatException">Something else stands in the file, or it cannot be read.</exception>
    public static Roster? Load(string data)
    {
        var path = Path.Combine(data, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), RosterJson.Default.Roster);
        }
        catch (JsonException e)
        {
            throw new FormatException(
                $"{path} does not list the nodes: restore it, or choose another directory with --data.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path} cannot be read: {e.Message} Give yourself the right to.", e);
        }
    }

    /// <summary>The old file or the new one, never a part. What is there already needs no room on the disk.</summary>
    public void Save(string data)
    {
        var path = Path.Combine(data, FileName);
        var text = JsonSerializer.Serialize(this, RosterJson.Default.Roster) + "\n";
        if (File.Exists(path) && File.ReadAllText(path) == text)
        {
            return;
        }

        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Gateways keep nothing: their number is for each start to choose.</summary>
    public Roster With(LocalOptions options) => options.IsGiven("--gateways")
        ? this with { Gateways = [.. Enumerable.Range(1, options.Gateways)] }
        : this;

    public Roster WithNode() => this with { Nodes = [.. Nodes, LastNode + 1], LastNode = LastNode + 1 };

    public Roster WithGateway() => this with { Gateways = [.. Gateways, Gateways.Max() + 1] };

    public Roster Without(Part part) => this with
    {
        Nodes = [.. Nodes.Where(node => Topology.NodeName(node) != part.Name)],
        Gateways = [.. Gateways.Where(gateway => Topology.GatewayName(gateway) != part.Name)],
    };

    /// <summary>What the command line asks for and the data contradicts.</summary>
    public string? Contradiction(LocalOptions options) =>
        options.From is not null && File.Exists(Path.Combine(options.Data, FileName))
            ? $"{options.Data} holds a cluster already: choose a new directory with --data."
        : options.IsGiven("--base-port") && options.BasePort != BasePort
            ? $"The nodes of {options.Data} listen from port {BasePort} on, and know each other by it: leave --base-port away."
        : options.IsGiven("--nodes") && options.Nodes != Nodes.Count
            ? $"{options.Data} holds a cluster of {Nodes.Count} nodes: leave --nodes away, and use add and remove while it runs."
        : null;
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Roster))]
internal sealed partial class RosterJson : JsonSerializerContext;
