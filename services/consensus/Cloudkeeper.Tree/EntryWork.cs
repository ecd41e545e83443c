namespace Cloudkeeper.Tree;

/// <summary>The work of an entry beyond one node for each of its operations.</summary>
/// <param name="Deleted">Nodes that go because one above them does, or their session ends.</param>
/// <param name="Created">Parents that are created because something is to be below them.</param>
public readonly record struct EntryWork(long Deleted, long Created)
{
    public static EntryWork operator +(EntryWork left, EntryWork right) =>
        new(left.Deleted + right.Deleted, left.Created + right.Created);

    public static EntryWork operator -(EntryWork left, EntryWork right) =>
        new(left.Deleted - right.Deleted, left.Created - right.Created);

    public bool IsWithin(EntryWork bound) => Deleted <= bound.Deleted && Created <= bound.Created;
}
