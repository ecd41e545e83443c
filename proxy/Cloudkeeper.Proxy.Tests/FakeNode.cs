namespace Cloudkeeper.Proxy.Tests;

/// <summary>A node that answers the question for gateways as the test decides, and knows no member.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private volatile SemaphoreSlim _asked = new(0);
    private FakeGateway? _server;

    /// <summary>The answer to <c>/gateways</c>.</summary>
    public required RequestDelegate Gateways { get; set; }

    public string Address => _server!.Address;

    public static Task<FakeNode> StartAsync(string gateways) => StartAsync(context => context.Response.WriteAsync(gateways));

    public static async Task<FakeNode> StartAsync(RequestDelegate gateways)
    {
        var node = new FakeNode { Gateways = gateways };
        node._server = await FakeGateway.StartAsync(node.AnswerAsync);
        return node;
    }

    /// <summary>
    /// The node's new answer has taken effect: the second question comes after the first answer was used.
    /// </summary>
    public async Task UntilHeardAsync()
    {
        var asked = new SemaphoreSlim(0);
        _asked = asked;
        for (var i = 0; i < 3; i++)
        {
            await asked.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _asked.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path != "/gateways")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        _asked.Release();
        return Gateways(context);
    }
}
