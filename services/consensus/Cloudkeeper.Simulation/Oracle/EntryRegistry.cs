using System.Runtime.InteropServices;
using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>Every entry that was ever written anywhere. Index and term identify it.</summary>
internal sealed class EntryRegistry(Scheduler scheduler)
{
    private readonly Dictionary<(LogIndex, Term), Known> _known = [];

    /// <summary>True when this index and term are seen for the first time.</summary>
    public bool Add(in LogEntry entry, ulong previousChain, out ShadowEntry shadow, out bool agrees)
    {
        var content = Hash.Mix(Hash.Of(entry.Payload.Span), (ulong)entry.Kind);
        var chain = Hash.Mix(Hash.Mix(previousChain, entry.Term.Value), content);
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _known, (entry.Index, entry.Term), out var isKnown);
        agrees = !isKnown || known.Chain == chain;
        if (!isKnown)
        {
            known = new Known(content, chain, MembershipOf(entry), scheduler.Now);
        }

        shadow = known.Of(entry, chain);
        return !isKnown;
    }

    /// <summary>Finds an entry that comes back from a disk; false: it was never written.</summary>
    public bool TryFind(in LogEntry entry, out ShadowEntry shadow)
    {
        var content = Hash.Mix(Hash.Of(entry.Payload.Span), (ulong)entry.Kind);
        if (_known.TryGetValue((entry.Index, entry.Term), out var known) && known.Content == content)
        {
            shadow = known.Of(entry, known.Chain);
            return true;
        }

        shadow = default;
        return false;
    }

    private static Membership? MembershipOf(in LogEntry entry)
    {
        if (entry.Kind != EntryKind.Membership)
        {
            return null;
        }

        return MembershipCodec.TryDecode(entry.Payload.Span, out var membership)
            ? membership
            : throw new ViolationException("I10 membership", $"entry {entry.Index} is no membership");
    }

    private readonly record struct Known(ulong Content, ulong Chain, Membership? Membership, long WrittenAt)
    {
        public ShadowEntry Of(in LogEntry entry, ulong chain) =>
            new(entry.Term, entry.Kind, entry.Payload, chain) { Membership = Membership, WrittenAt = WrittenAt };
    }
}
