using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Gateway.Tests.Errors;

[Collection(SharedGateway.Name)]
public sealed class ProblemTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v1")]
    [InlineData("PUT", "/v2/nodes/a")]
    [InlineData("GET", "/v1/locks2/a")]
    public async Task An_unknown_route_is_a_problem_document(string method, string path) =>
        (await gateway.SendAsync(method, path)).ShouldBe(404, "route-not-found");

    [Theory]
    [InlineData("PATCH", "/v1/nodes/a", "DELETE, GET, HEAD, POST, PUT")]
    [InlineData("DELETE", "/v1/transactions", "POST")]
    [InlineData("PUT", "/v1/sessions", "GET, HEAD, POST")]
    [InlineData("POST", "/healthz", "GET, HEAD")]
    [InlineData("DELETE", "/readyz", "GET, HEAD")]
    [InlineData("POST", "/metrics", "GET, HEAD")]
    public async Task Another_method_names_the_possible_ones(string method, string path, string allowed)
    {
        var answer = (await gateway.SendAsync(method, path)).ShouldBe(405, "method-not-allowed");
        Assert.Equal(allowed, string.Join(", ", answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("/v1/nodes/a", "DELETE, GET, HEAD, OPTIONS, POST, PUT")]
    [InlineData("/v1/transactions", "OPTIONS, POST")]
    [InlineData("/v1/cluster/snapshot", "GET, HEAD, OPTIONS")]
    [InlineData("/v1/watch?path=/", "GET, HEAD, OPTIONS")]
    [InlineData("/metrics", "GET, HEAD, OPTIONS")]
    [InlineData("/openapi/v1.json", "GET, HEAD, OPTIONS")]
    public async Task The_methods_of_a_route_can_be_asked_for(string path, string allowed)
    {
        var answer = (await gateway.SendAsync("OPTIONS", path)).ShouldBe(204);
        Assert.Equal(allowed, string.Join(", ", answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal)));
        Assert.Empty(answer.Body);
        (await gateway.SendAsync("OPTIONS", "/v1/none")).ShouldBe(404, "route-not-found");
    }

    [Fact]
    public async Task The_methods_of_the_server_can_be_asked_for()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"OPTIONS * HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nConnection: close\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream());
        Assert.StartsWith(
            "HTTP/1.1 204 ", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/cluster/snapshot", "application/octet-stream")]
    [InlineData("/v1/watch?path=/", "text/event-stream")]
    [InlineData("/v1/watch?path=/&format=ndjson&initial=true", "application/x-ndjson")]
    [InlineData("/metrics", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("/healthz", "text/plain; charset=utf-8")]
    [InlineData("/readyz", "application/json")]
    public async Task An_answer_that_is_made_while_it_is_sent_has_a_head_as_well(string path, string type)
    {
        var head = (await gateway.SendAsync("HEAD", path)).ShouldBe(200);
        Assert.Equal(type, head.Headers["Content-Type"]);
        Assert.Empty(head.Body);
    }

    [Theory]
    [InlineData("/v1/sessions")]
    [InlineData("/v1/locks/a")]
    [InlineData("/v1/cluster")]
    [InlineData("/v1/sessions/4711")]
    [InlineData("/v1/tickets/4711")]
    public async Task Every_GET_route_has_a_HEAD_without_a_body(string path)
    {
        var get = await gateway.GetAsync(path);
        var head = await gateway.SendAsync("HEAD", path);
        Assert.Equal(get.Status, head.Status);
        Assert.Equal(get.Headers["Content-Type"], head.Headers["Content-Type"]);
        Assert.Equal(get.Headers["Content-Length"], head.Headers["Content-Length"]);
        Assert.Empty(head.Body);
    }

    [Fact]
    public async Task Too_many_headers_are_a_problem_document()
    {
        (await gateway.GetAsync("/v1/nodes", ("X-Large", new string('x', 33_000)))).ShouldBe(431, "headers-too-large");
        var many = Enumerable.Range(0, 101).Select(i => ($"X-{i}", "1")).ToArray();
        (await gateway.GetAsync("/v1/nodes", many)).ShouldBe(431, "headers-too-large");
    }

    [Fact]
    public async Task A_body_that_ends_early_breaks_nothing()
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
            await socket.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes("PUT /v1/nodes/early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nshort"),
                TestContext.Current.CancellationToken);
        }

        (await gateway.GetAsync("/v1/nodes/early")).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task A_connection_serves_on_behind_a_body_that_was_too_large()
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        var connections = 0;
        handler.ConnectCallback = async (context, token) =>
        {
            connections++;
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, token);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var client = new HttpClient(handler) { BaseAddress = gateway.Address };
        for (var i = 0; i < 20; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/nodes/large");
            request.Content = new StreamContent(new MemoryStream(new byte[(1 << 20) + 1]));
            request.Headers.TransferEncodingChunked = true;
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            (await Answer.ReadAsync(response)).ShouldBe(413, "value-too-large");
        }

        Assert.Equal(1, connections);
    }

    [Fact]
    public void Every_refusal_of_the_state_machine_has_its_line_in_the_table()
    {
        foreach (var code in Enum.GetValues<ResultCode>().Except([ResultCode.Ok]))
        {
            Assert.Equal(code.ToApiCode(), ErrorKinds.Of(code).Code);
            Assert.Equal(code.ToApiCode(), ErrorKinds.Of(code, conditional: true).Code);
        }
    }

    [Fact]
    public void No_two_lines_of_the_table_are_the_same()
    {
        var all = typeof(ErrorKinds).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (ErrorKind)field.GetValue(null)!).ToArray();
        Assert.Distinct(all.Select(kind => (kind.Status, kind.Code)));
        Assert.All(all, kind => Assert.InRange(kind.Status, 400, 599));
        Assert.All(all, kind => Assert.False(kind.Title.EndsWith('.') || !kind.Detail.EndsWith('.'), kind.Code));
    }
}
