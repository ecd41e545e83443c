using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.History;

/// <param name="IsCompacted">Nothing was read: change sets above the one asked for are gone.</param>
/// <param name="OldestRevision">The oldest revision whose change set is kept, or the next one if none is.</param>
public readonly record struct HistoryStatus(bool IsCompacted, Revision OldestRevision);
