using Cloudkeeper.Coherence.Delivery;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>Which member a channel asks.</summary>
internal interface IMemberChoice
{
    int Current { get; }

    /// <param name="named">The leader that the answer named; 0: none.</param>
    /// <returns>Whether another member leads, which is asked at once.</returns>
    bool Learn(int asked, CallResult result, int named);
}

/// <summary>The leader, as far as it is known.</summary>
internal sealed class LeaderChoice(Gateway gateway) : IMemberChoice
{
    private readonly LeaderGuess<int> _guess = new(1);

    public int Current => _guess.Current;

    public bool Learn(int asked, CallResult result, int named) => _guess.Learn(
        asked, result, named > 0, named, [.. Enumerable.Range(1, gateway.World.Nodes.Count)]);
}

/// <summary>Any member: gateways ask the one that their feed comes from, which may be any.</summary>
internal sealed class AnyMember(Gateway gateway) : IMemberChoice
{
    public int Current => gateway.Random.Between(1, gateway.World.Nodes.Count);

    public bool Learn(int asked, CallResult result, int named) => false;
}
