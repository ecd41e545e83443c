using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// Which of the snapshots is taken that peers upload at the same time: that of the latest term, and of one sender the
/// last, which has given up what it sent before. A term has one leader, so no other node has anything to send in it.
/// </summary>
internal sealed class SnapshotUploads
{
    private readonly Lock _gate = new();
    private Latest? _latest;

    /// <summary>Null: another one goes first. The caller disposes it when the upload is over.</summary>
    public SnapshotUpload? TryBegin(NodeId from, Term term)
    {
        lock (_gate)
        {
            if (_latest is { } latest && (term < latest.Term || (term == latest.Term && from != latest.From)))
            {
                return null;
            }

            _latest?.Replace();
            var upload = new SnapshotUpload(this);
            _latest = new Latest(from, term, upload.Replace);
            return upload;
        }
    }

    internal void End(SnapshotUpload upload)
    {
        lock (_gate)
        {
            _latest = _latest?.Replace.Target == upload ? null : _latest;
        }
    }

    private sealed record Latest(NodeId From, Term Term, Action Replace);
}

internal sealed class SnapshotUpload(SnapshotUploads all) : IDisposable
{
    private readonly CancellationTokenSource _replaced = new();

    /// <summary>Cancelled when another one is taken instead.</summary>
    public CancellationToken Replaced => _replaced.Token;

    public void Dispose()
    {
        all.End(this);
        _replaced.Dispose();
    }

    /// <summary>Under the gate, so that it is not over yet. Nothing that waits for it goes on here.</summary>
    internal void Replace() => _ = _replaced.CancelAsync();
}
