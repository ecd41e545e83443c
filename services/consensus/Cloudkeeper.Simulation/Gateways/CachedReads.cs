using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>
/// Reads as fresh as their client wants them, from memory where the real rule proves that fresh enough: what the gateway's
/// ConsistentReads does, on the simulated network.
/// </summary>
internal sealed class CachedReads(Gateway gateway)
{
    private const long RevisionWaitMax = 5 * Scheduler.Second;

    private Totals Totals => gateway.World.Totals;

    private GatewayMemory Memory => gateway.Memory;

    private CoherenceOptions Options => gateway.World.Options.Coherence;

    public void Read(Call call)
    {
        var operation = (HistoryOperation)call.Request;
        operation.AskedFor = operation.MinRevision;
        if (!Options.HasCache || operation.Read is not ReadNodeRequest node)
        {
            gateway.Ask(call);
            return;
        }

        switch (operation.Wanted)
        {
            case Freshness.Linearizable:
                ReadLinearizably(call, node);
                break;
            case Freshness.Bounded when TryReadBounded(call, operation, node):
                break;
            case Freshness.Bounded:
                ReadLinearizably(call, node);
                break;
            default:
                ReadHere(call, operation, node);
                break;
        }
    }

    /// <summary>A node has answered: others may read the same.</summary>
    public void Keep(ReadNodeRequest request, ReadNodeResult node, Guid cluster, Revision revision)
    {
        if (!Options.HasCache)
        {
            return;
        }

        var isKept = Memory.Cache.Fill(cluster, request.Path, node, request.WithValue, revision);
        Totals.Count(isKept ? Marker.CacheFills : Marker.CacheFillsRejected);
        gateway.World.Facts.Caches.Filled(Memory.Cache, request.Path);
        var entry = CacheEntry.Of(node, request.WithValue, revision);
        if (isKept && Options.HasRedis && entry.HasValue)
        {
            gateway.Redis.Store(request.Path, entry);
        }
    }

    private void ReadLinearizably(Call call, ReadNodeRequest node)
    {
        if (!Memory.IsCurrent)
        {
            gateway.Ask(call);
            return;
        }

        Find(node, isFound =>
        {
            if (isFound)
            {
                gateway.AskReadIndex(call.Deadline, point => ReadAt(call, node, point));
            }
            else
            {
                gateway.Ask(call);
            }
        });
    }

    private void ReadAt(Call call, ReadNodeRequest node, ReadIndex? answered)
    {
        if (answered is not { } point || point.Cluster != Memory.Cluster)
        {
            gateway.Ask(call);
            return;
        }

        Memory.WaitFor(point.Revision, Options.FeedWait, isReached =>
        {
            if (isReached && TryServe(call, node, point.Revision))
            {
                Totals.Count(Marker.LinearizableReadsFromMemory);
                return;
            }

            if (!isReached)
            {
                Memory.NoteLag(point.Revision);
            }

            Totals.Count(Marker.CachedEntriesTooOld);
            gateway.Ask(call);
        });
    }

    private bool TryReadBounded(Call call, HistoryOperation operation, ReadNodeRequest node)
    {
        if (Memory.FreshAsOf is not { } asOf
            || gateway.World.Scheduler.Now - asOf > operation.StalenessMax
            || !TryServe(call, node, operation.MinRevision, asOf))
        {
            return false;
        }

        Totals.Count(Marker.BoundedReadsFromMemory);
        return true;
    }

    /// <summary>From memory, never behind the events that this gateway's watches have sent; else from a node.</summary>
    private void ReadHere(Call call, HistoryOperation operation, ReadNodeRequest node)
    {
        var wait = Math.Min(RevisionWaitMax, call.Deadline - gateway.World.Scheduler.Now);
        Memory.WaitFor(operation.MinRevision, wait, isReached =>
        {
            if (!isReached)
            {
                call.End(CallOutcome.Failed);
                return;
            }

            Find(node, isFound =>
            {
                var required = operation.Wanted == Freshness.Session ? Memory.Revision : Revision.Zero;
                operation.AskedFor = required;
                if (isFound && TryServe(call, node, required, Memory.FreshAsOf))
                {
                    Totals.Count(Marker.LocalReadsFromMemory);
                }
                else
                {
                    gateway.Ask(call);
                }
            });
        });
    }

    private bool TryServe(Call call, ReadNodeRequest node, Revision required, long? asOf = null)
    {
        if (!Memory.Cache.TryRead(node.Path, node.WithValue, required, out var found, out var at))
        {
            return false;
        }

        Totals.Count(Marker.AbsencesFromMemory, found!.Stat is null ? 1 : 0);
        gateway.World.Facts.Caches.Served(node, found, at);
        ((HistoryOperation)call.Request).FreshAsOf = asOf;
        call.End(CallOutcome.Answered, (found, at));
        return true;
    }

    /// <summary>Whether an entry is here, or was found in what the gateways share.</summary>
    private void Find(ReadNodeRequest node, Action<bool> found)
    {
        if (Memory.Cache.Holds(node.Path, node.WithValue) || !Options.HasRedis || !Memory.IsStarted)
        {
            found(Memory.Cache.Holds(node.Path, node.WithValue));
            return;
        }

        var cluster = Memory.Cluster;
        gateway.Redis.Find(node.Path, entry =>
        {
            var isKept = entry is not null && Memory.Cache.FillShared(cluster, node.Path, entry);
            Totals.Count(Marker.SharedNodesTaken, isKept ? 1 : 0);
            Totals.Count(Marker.SharedNodesRejected, entry is not null && !isKept ? 1 : 0);
            gateway.World.Facts.Caches.Filled(Memory.Cache, node.Path);
            found(isKept);
        });
    }
}
