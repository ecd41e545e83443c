namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>
/// The newest revision that a finished operation has shown. A later request must not be answered from before: this is
/// linearizability, as far as revisions go (the order of revisions is the order of the writes).
/// </summary>
internal sealed class RevisionFloor
{
    private long _revision;

    public long Revision => Interlocked.Read(ref _revision);

    public void Raise(long revision)
    {
        for (var known = Revision; known < revision;)
        {
            var before = Interlocked.CompareExchange(ref _revision, revision, known);
            if (before == known)
            {
                return;
            }

            known = before;
        }
    }
}
