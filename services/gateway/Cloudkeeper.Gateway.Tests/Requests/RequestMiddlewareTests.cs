using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Serving;

namespace Cloudkeeper.Gateway.Tests.Requests;

public sealed class RequestMiddlewareTests
{
    [Fact]
    public async Task A_pipeline_of_requests_that_wait_for_nothing_does_not_keep_its_thread()
    {
        using var metrics = new GatewayMetrics();
        var pipelining = Environment.CurrentManagedThreadId;
        var handled = 0;
        var seen = new TaskCompletionSource();
        var middleware = new RequestMiddleware(
            _ =>
            {
                var isHere = Environment.CurrentManagedThreadId == pipelining && ++handled <= 1_000;
                return isHere ? Task.CompletedTask : seen.Task;
            },
            metrics,
            TimeProvider.System);

        // As the web server does: the next one when the last is answered, on this thread as long as none waits.
        var last = middleware.InvokeAsync(new DefaultHttpContext());
        while (last.IsCompleted)
        {
            last = middleware.InvokeAsync(new DefaultHttpContext());
        }

        Assert.InRange(handled, 0, 64);
        seen.SetResult();
        await last;
    }
}
