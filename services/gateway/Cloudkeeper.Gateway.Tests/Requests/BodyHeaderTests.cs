using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Requests;

/// <summary>Headers that change what a body means are not ignored.</summary>
[Collection(SharedGateway.Name)]
public sealed class BodyHeaderTests(GatewayFixture gateway)
{
    private const string Body = "foobar";

    private readonly string _path = $"/v1/nodes/body-{Guid.NewGuid():N}";

    public static TheoryData<string, string, string?> BodyRoutes => new()
    {
        { "PUT", "/v1/nodes/range", "bar" },
        { "POST", "/v1/nodes/", "bar" },
        { "DELETE", "/v1/nodes/absent", null },
        { "POST", "/v1/transactions", "{}" },
        { "POST", "/v1/sessions", "{}" },
        { "POST", "/v1/sessions/keepalive", """{"ids":[]}""" },
        { "POST", "/v1/locks/range", """{"ttl":"1s"}""" },
        { "POST", "/v1/cluster/members", """{"url":"http://n4:7000"}""" },
        { "POST", "/v1/cluster/leader", """{"member":"n2"}""" },
    };

    [Theory]
    [MemberData(nameof(BodyRoutes))]
    public async Task A_part_is_not_taken_for_the_whole(string method, string target, string? body)
    {
        var before = gateway.Nodes.Revision;
        foreach (var range in (string[])["bytes 3-5/6", "bytes */6", "lines 1-2/3", ""])
        {
            (await SendAsync(method, target, body ?? "", ("Content-Range", range))).ShouldBe(400, "invalid-body");
        }

        Assert.Equal(before, gateway.Nodes.Revision);
    }

    [Theory]
    [MemberData(nameof(BodyRoutes))]
    public async Task A_coded_body_is_not_taken_for_a_plain_one(string method, string target, string? body)
    {
        foreach (var coding in (string[])["gzip", "br", "GZIP, identity", "x"])
        {
            (await SendAsync(method, target, body ?? "", ("Content-Encoding", coding)))
                .ShouldBe(415, "unsupported-media-type");
        }
    }

    [Fact]
    public async Task A_body_without_a_coding_may_declare_that() =>
        (await SendAsync("PUT", _path, Body, ("Content-Encoding", "identity"))).ShouldBe(201);

    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("gzip,chunked")]
    [InlineData("chunked, chunked")]
    public async Task Another_transfer_coding_than_chunked_is_refused(string coding)
    {
        var answer = await RawAsync(
            $"PUT {_path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n"
            + "3\r\nfoo\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        (await gateway.GetAsync(_path)).ShouldBe(404, "node-not-found");
    }

    [Theory]
    [InlineData("200-ok")]
    [InlineData("100-continue, x")]
    [InlineData("")]
    public async Task Another_expectation_than_to_go_on_is_refused(string expectation)
    {
        var answer = await RawAsync(
            $"PUT {_path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nExpect: {expectation}\r\nContent-Length: 0\r\n"
            + "Connection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 417 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        (await gateway.GetAsync(_path)).ShouldBe(404, "node-not-found");
    }

    [Theory]
    [InlineData("100-continue")]
    [InlineData("100-Continue")]
    public async Task A_client_may_wait_to_be_asked_for_its_body(string expectation)
    {
        var answer = await RawAsync(
            $"PUT {_path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nExpect: {expectation}\r\nContent-Length: 0\r\n"
            + "Connection: close\r\n\r\n");
        Assert.Contains("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_that_fits_is_accepted()
    {
        var sha256 = Convert.ToBase64String(SHA256.HashData("foobar"u8));
        var sha512 = Convert.ToBase64String(SHA512.HashData("foobar"u8));
        const string Md5 = "OFj2IjCsPJFfMAxmQxLGPw==";
        (string, string)[] fitting =
        [
            ("Content-Digest", $"sha-256=:{sha256}:"), ("Repr-Digest", $"sha-512=:{sha512}:, sha-256=:{sha256}:"),
            ("Content-Digest", $"unixsum=:AAAA:, sha-256=:{sha256}:"), ("Digest", $"SHA-256={sha256},MD5={Md5}"),
            ("Digest", $"md5={Md5}"), ("Content-MD5", Md5),
        ];
        foreach (var header in fitting)
        {
            var answer = await SendAsync("PUT", _path, Body, header);
            Assert.True((int)answer.Status is 200 or 201, $"{header}: {answer.Text}");
        }
    }

    [Theory]
    [InlineData("Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")]
    [InlineData("Content-Digest", "sha-256=:AAAA:")]
    [InlineData("Content-Digest", "sha-256=:?:")]
    [InlineData("Content-Digest", "sha-256=AAAA")]
    [InlineData("Content-Digest", "sha-256")]
    [InlineData("Content-Digest", "crc32c=:AAAA:")]
    [InlineData("Content-Digest", "")]
    [InlineData("Repr-Digest", "sha-512=:AAAA:")]
    [InlineData("Repr-Digest", "=:AAAA:")]
    [InlineData("Digest", "SHA-256=AAAA")]
    [InlineData("Digest", "SHA-256")]
    [InlineData("Digest", "UNIXsum=30637")]
    [InlineData("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("Content-MD5", "x")]
    public async Task A_body_that_its_digest_does_not_fit_is_not_stored(string name, string value)
    {
        (await SendAsync("PUT", _path, Body, (name, value))).ShouldBe(400, "invalid-body");
        (await SendAsync("PUT", _path, "", (name, value))).ShouldBe(400, "invalid-body");
        (await SendAsync("POST", _path, Body, (name, value))).ShouldBe(400, "invalid-body");
        (await SendAsync("POST", "/v1/transactions", $$"""{"then": [{"put": {"path": "{{_path[9..]}}" } }]}""", (name, value)))
            .ShouldBe(400, "invalid-body");
        (await gateway.GetAsync(_path)).ShouldBe(404, "node-not-found");
    }

    [Theory]
    [InlineData("sha-256=:AAAA:", "400")]
    [InlineData("sha-256=:w6uP13UCFpSwnYQ4YKzWVr25bk8aqAFyenPrL4dmHTU=:", "400")]
    [InlineData(null, "201")]
    public async Task A_digest_behind_the_body_counts_as_well(string? digest, string status)
    {
        digest ??= $"sha-256=:{Convert.ToBase64String(SHA256.HashData("foo"u8))}:";
        var answer = await RawAsync(
            $"PUT {_path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Digest\r\n"
            + $"Connection: close\r\n\r\n3\r\nfoo\r\n0\r\nContent-Digest: {digest}\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Location", "/elsewhere")]
    [InlineData("Content-Language", "de")]
    [InlineData("Content-Disposition", "attachment")]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("Prefer", "return=minimal")]
    [InlineData("Range", "bytes=0-1")]
    [InlineData("Want-Repr-Digest", "sha-256=1")]
    public async Task A_header_that_changes_no_meaning_is_ignored(string name, string value)
    {
        (await SendAsync("PUT", _path, Body, (name, value))).ShouldBe(201);
        var answer = (await gateway.GetAsync(_path, ("Range", "bytes=0-1"), ("If-Range", "\"1\""))).ShouldBe(200);
        Assert.Equal(Body, answer.Text);
    }

    [Fact]
    public async Task A_body_of_parts_is_a_value_like_any_other()
    {
        (await gateway.SendAsync("PUT", _path, Body, "multipart/form-data; boundary=x")).ShouldBe(201);
        Assert.Equal("multipart/form-data; boundary=x", (await gateway.GetAsync(_path)).Headers["Content-Type"]);
    }

    [Fact]
    public async Task Two_media_types_are_none()
    {
        var answer = await RawAsync(
            $"PUT {_path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n"
            + "Content-Length: 0\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 415 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/v1/transactions", "{}")]
    [InlineData("POST", "/v1/sessions", "{}")]
    [InlineData("DELETE", "/v1/sessions/4711", null)]
    [InlineData("POST", "/v1/sessions/4711/keepalive", null)]
    [InlineData("POST", "/v1/locks/conditions", """{"ttl":"1s"}""")]
    [InlineData("DELETE", "/v1/tickets/4711", null)]
    [InlineData("DELETE", "/v1/cluster/members/n2", null)]
    [InlineData("POST", "/v1/cluster/leader", """{"member":"n2"}""")]
    public async Task A_condition_where_none_is_judged_is_refused(string method, string target, string? body)
    {
        var before = gateway.Nodes.Revision;
        foreach (var name in (string[])["If-Match", "If-None-Match", "If-Unmodified-Since", "If-Modified-Since", "If-Range"])
        {
            (await gateway.SendAsync(method, target, body, headers: (name, "\"1\""))).ShouldBe(400, "invalid-condition");
        }

        Assert.Equal(before, gateway.Nodes.Revision);
    }

    [Fact]
    public async Task A_fence_is_judged_or_refused_but_reads_need_none()
    {
        var session = await gateway.OpenSessionAsync();
        (await gateway.PostAsync($"/v1/sessions/{session}/keepalive", "", ("Cloudkeeper-Fence", "1"))).ShouldBe(400, "invalid-fence");
        (await gateway.PostAsync("/v1/sessions/keepalive", """{"ids":[]}""", ("Cloudkeeper-Fence", "1")))
            .ShouldBe(400, "invalid-fence");
        (await gateway.GetAsync("/v1/nodes/", ("Cloudkeeper-Fence", "1"))).ShouldBe(200);
    }

    private async Task<Answer> SendAsync(string method, string target, string body, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value))
        {
            Assert.True(request.Content.Headers.TryAddWithoutValidation(header.Name, header.Value));
        }

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Bytes that no client library would send; the connection is closed behind the answer.</summary>
    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
