using Cloudkeeper.Node.Recovery;

namespace Cloudkeeper.Node.Tests.Recovery;

public sealed class BackupsUnderWayTests
{
    private readonly Queue<TaskCompletionSource<BackupMade>> _made = new();
    private readonly BackupsUnderWay _backups;

    public BackupsUnderWayTests() => _backups = new BackupsUnderWay(_ =>
    {
        lock (_made)
        {
            var made = new TaskCompletionSource<BackupMade>();
            _made.Enqueue(made);
            return made.Task;
        }
    });

    [Fact]
    public async Task Fifty_that_ask_at_once_get_one_backup_and_the_next_a_new_one()
    {
        var joined = Enumerable.Range(0, 50).Select(_ => _backups.JoinAsync(null!)).ToArray();
        var first = await TakeAsync();
        Assert.DoesNotContain(joined, task => task.IsCompleted);
        var answer = new BackupMade(null, (503, "first"));
        first.SetResult(answer);
        Assert.All(await Task.WhenAll(joined), made => Assert.Same(answer, made));
        Assert.Empty(_made);

        var later = _backups.JoinAsync(null!);
        (await TakeAsync()).SetResult(new BackupMade(null, (503, "later")));
        Assert.Equal("later", (await later).Refusal.Problem);
    }

    [Fact]
    public async Task A_failure_is_for_all_waiting_requests_and_for_no_later_one()
    {
        var joined = Enumerable.Range(0, 3).Select(_ => _backups.JoinAsync(null!)).ToArray();
        (await TakeAsync()).SetException(new IOException("It fails."));
        foreach (var task in joined)
        {
            await Assert.ThrowsAsync<IOException>(() => task);
        }

        var later = _backups.JoinAsync(null!);
        (await TakeAsync()).SetResult(new BackupMade(null));
        Assert.Null((await later).Snapshot);
    }

    [Fact]
    public void So_many_may_be_there_at_a_time_and_no_more()
    {
        for (var i = 0; i < BackupsUnderWay.RequestsMax; i++)
        {
            Assert.True(_backups.TryEnter());
        }

        Assert.False(_backups.TryEnter());
        Assert.False(_backups.TryEnter());
        _backups.Leave();
        Assert.True(_backups.TryEnter());
        Assert.False(_backups.TryEnter());
    }

    private async Task<TaskCompletionSource<BackupMade>> TakeAsync()
    {
        while (true)
        {
            lock (_made)
            {
                if (_made.TryDequeue(out var made))
                {
                    return made;
                }
            }

            await Task.Yield();
        }
    }
}
