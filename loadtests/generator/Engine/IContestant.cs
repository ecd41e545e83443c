using System.Net;
using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>A system under measurement, of any protocol.</summary>
internal interface IContestant
{
    string Name { get; }

    /// <summary>Whose CPU time belongs to its operations.</summary>
    IReadOnlyList<ObservedProcess> Processes { get; }

    /// <summary>Where the connection of this number goes.</summary>
    EndPoint ServerOf(int connection);

    /// <summary>The endless sequence of requests of one connection.</summary>
    IExchange CreateExchange(Operation operation, int connection);

    /// <summary>Writes this share of the keys once, then ends.</summary>
    IExchange CreateFill(int share, int shares);
}
