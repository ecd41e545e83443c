namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Watches and the feed they come from.</summary>
internal static class Watches
{
    private const string Hub = "../gateway/Cloudkeeper.Coherence/Watches/WatchHub.cs";
    private const string Subscription = "../gateway/Cloudkeeper.Coherence/Watches/Subscription.cs";
    private const string Position = "../gateway/Cloudkeeper.Coherence/Watches/WatchPosition.cs";
    private const string Pass = "../gateway/Cloudkeeper.Coherence/Watches/HistoryPass.cs";
    private const string Builder = "../gateway/Cloudkeeper.Coherence/Watches/SnapshotBuilder.cs";
    private const string Shared = "../gateway/Cloudkeeper.Coherence/Watches/SharedSnapshot.cs";
    private const string Window = "../gateway/Cloudkeeper.Coherence/Watches/ChangeWindow.cs";
    private const string Feed = "../gateway/Cloudkeeper.Coherence/Feed/FeedRule.cs";
    private const string History = "Cloudkeeper.Tree/History/ChangeHistory.cs";
    private const string Cache = "../gateway/Cloudkeeper.Coherence/Cache/CacheRule.cs";
    private const string NodeFeed = "Cloudkeeper.Replica/Feed/FeedHub.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-71", "a watcher's progress passes events that still wait for it")
        {
            Edits =
            [
                new(
                    Subscription,
                    "var events = _events ?? (IReadOnlyList<WatchEvent>)[];\n_events = null;",
                    """
                    var events = _events is { Count: > 2 } many ? many.GetRange(0, 2) : _events ?? (IReadOnlyList<WatchEvent>)[];
                    if (_events is { Count: > 2 })
                    {
                        _events.RemoveRange(0, 2);
                        Wake();
                    }
                    else
                    {
                        _events = null;
                    }

                    """),
            ],
        },
        new("B-71.2", "a watch from the future gets changes before it")
        {
            Edits = [new(Subscription, "if (item.Revision <= after || _last == item", "if (_last == item")],
        },
        new("B-71.3", "a change that concerns two targets of a watch is sent twice")
        {
            Edits = [new(Subscription, "|| _last == item || _hasOverflowed", "|| _hasOverflowed")],
        },
        new("B-71.4", "what finds no room for a slow watcher is left out without a word")
        {
            Edits = [new(Subscription, "!MakeRoom())\n{\nOverflow();", "!MakeRoom())\n{")],
        },
        new("B-71.5", "a node that lags repeats old changes to watchers that have them")
        {
            Edits =
            [
                new(
                    Pass,
                    "case ChangeSetFrame { ChangeSet: var set } when set.Revision > Revision:",
                    "case ChangeSetFrame { ChangeSet: var set }:"),
            ],
        },
        new("B-71.6", "a node whose state a snapshot has replaced passes on what follows it as if nothing were missing")
        {
            Edits =
            [
                new(
                    NodeFeed,
                    "EndAll();\nreturn;",
                    "_published = machine.Revision;\nPassOn(FeedParcel.Of([new ProgressFrame(_published)], Limits));\nreturn;"),
                new(Feed, "case ProgressFrame { Revision: var revision } when revision > Revision:", "case ProgressFrame when false:"),
                new(Feed, "if (set.Previous != Revision)", "if (false)"),
                new(
                    Cache,
                    "if (set.Previous != Revision || set.Revision <= Revision)",
                    "if (set.Revision <= Revision)"),
                new(Hub, "if (set.Previous != Revision || set.Revision <= Revision)", "if (set.Revision <= Revision)"),
            ],
        },
        new("B-71.7", "the change at the border of the window is missing")
        {
            Edits = [new(Window, "Start = oldest.Revision;", "Start = oldest.Previous;")],
        },
        new("B-71.8", "changes at the border of what a node still has are missing")
        {
            Edits =
            [
                new(
                    History,
                    "CompactedTo = oldest.Set.Revision;",
                    "CompactedTo = new Revision(Math.Max(0, oldest.Set.Revision.Value - 20));"),
                new(Pass, "case ChangeSetFrame { ChangeSet: var set } when set.Previous > Revision:\nreturn set.Revision;", ""),
            ],
        },
        new("B-71.9", "the end of its session is not sent to a watcher that catches up")
        {
            Edits =
            [
                new(
                    Position,
                    "hasSessionEnded |= interest.Session is { } id && set.EndedSessions.Contains(id);",
                    "hasSessionEnded |= interest.Session is { } && set.Revision.Value < 0;"),
            ],
        },
        new("B-71.10", "the end of its session is not sent to a live watcher")
        {
            Edits = [new(Subscription, "_hasSessionEnded = true;\nWake();", "Wake();")],
        },
        new("B-71.11", "a watcher that names a session gets its end when any session has ended")
        {
            Edits =
            [
                new(
                    Hub,
                    "if (_ofSession.TryGetValue(session, out var watchers))\n{\nforeach (var subscription in watchers)",
                    "if (session.Value > 0)\n{\nforeach (var subscription in _ofSession.Values.SelectMany(static it => it))"),
            ],
        },
        new("B-71.12", "what happened between two pages is missing in what a watcher sees first")
        {
            Edits = [new(Builder, "Apply(set);", "")],
        },
        new("B-71.13", "a node that went between two pages is in what a watcher sees first")
        {
            Edits = [new(Builder, "Remove(change.Path);", "")],
        },
        new("B-71.14", "an initial state has changes that are sent afterwards as well")
        {
            Edits = [new(Builder, "changes.TakeWhile(set => set.Revision <= through)", "changes")],
        },
        new("B-71.15", "a page of before what was patched brings back what went")
        {
            // Either alone does nothing: an older page would be patched again from its own revision on.
            Edits =
            [
                new(Shared, "Builder.Latest > Revision.Zero ? Builder.Earliest : _needed", "_needed"),
                new(
                    Builder,
                    "Earliest = at < Earliest ? at : Earliest;",
                    "Earliest = at < Earliest && Latest == Revision.Zero ? at : Earliest;"),
            ],
        },
        new("B-71.16", "a watcher that comes when everything is read gets an older state")
        {
            Edits = [new(Shared, "return present <= Revision;", "return present.Value >= 0;")],
        },
        new("B-71.17", "what was shown to others is shown of a later revision although it has changed since")
        {
            Edits = [new(Shared, "return false;", "break;")],
        },
        new("B-72", "what happens between the end of the recent changes and the beginning of the watch is lost")
        {
            Edits =
            [
                new(
                    Hub,
                    "live = from < Revision ? null : Subscribe(interest, from, wake);",
                    "live = from.Value + 1 < Revision.Value ? null : Subscribe(interest, from, wake);"),
            ],
        },
        new("B-72.2", "a feed that begins anew does not send the watchers a gap")
        {
            Edits = [new(Hub, "subscription.Overflow();", "")],
        },
        new("B-72.3", "what is gone from the history is passed over when a watch resumes")
        {
            Edits =
            [
                new(Pass, "case CompactedFrame { OldestRevision: var oldest }:\nreturn oldest;", ""),
                new(Pass, "case ChangeSetFrame { ChangeSet: var set } when set.Previous > Revision:\nreturn set.Revision;", ""),
                new(History, "from < CompactedTo,", "false,"),
            ],
        },
        new("B-73", "a change that was lost in Redis is passed over")
        {
            Edits =
            [
                new(Feed, "case ProgressFrame { Revision: var revision } when revision > Revision:", "case ProgressFrame when false:"),
                new(Feed, "if (set.Previous != Revision)", "if (false)"),
                new(
                    Cache,
                    "if (set.Previous != Revision || set.Revision <= Revision)",
                    "if (set.Revision <= Revision)"),
                new(Hub, "if (set.Previous != Revision || set.Revision <= Revision)", "if (set.Revision <= Revision)"),
            ],
        },
        new("B-73.2", "the loss of the last change before a silence is not noticed")
        {
            Edits =
            [
                new(
                    Feed,
                    "when revision > Revision:\nreturn FeedVerdict.Missing;",
                    "when revision > Revision:\nRevision = revision;\nreturn FeedVerdict.Nothing;"),
                new(
                    Cache,
                    "if (set.Previous != Revision || set.Revision <= Revision)",
                    "if (set.Revision <= Revision)"),
                new(Hub, "if (set.Previous != Revision || set.Revision <= Revision)", "if (set.Revision <= Revision)"),
            ],
        },
        new("F-03", "a bound of the history forgets the change that is about to be published")
        {
            Edits =
            [
                new(History, "if (level >= FeatureLevels.SparingHistory)\n{\nEnqueue(", "if (level < 0)\n{\nEnqueue("),
                new(
                    History,
                    "(_bytes > options.HistoryBytesMax && _sets.Count > 0)",
                    "(_bytes > options.HistoryFactBytesMax && _sets.Count > 0)"),
            ],
        },
        new("SR-M4", "large values of one client displace the changes of all")
        {
            Edits =
            [
                new(
                    History,
                    "Math.Min(kept.FactBytes, options.HistoryFactBytesMax / FactShare);",
                    "kept.FactBytes + kept.ValueBytes;"),
            ],
        },
        new("B-76", "a gateway follows a node for ever, however far it lags")
        {
            Edits =
            [
                new(
                    "../gateway/Cloudkeeper.Coherence/Feed/FeedLag.cs",
                    "return now - _setAt <= patience;",
                    "return now - _setAt <= patience || now > 0;"),
            ],
        },
    ];
}
