using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.OpenApi;

[Collection(SharedGateway.Name)]
public sealed class OpenApiTests(GatewayFixture gateway)
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>With CLOUDKEEPER_REWRITE=1 in the environment the golden file is written anew.</summary>
    [Fact]
    public async Task The_document_is_the_golden_one()
    {
        var document = (await gateway.GetAsync("/openapi/v1.json")).ShouldBe(200).Text.ReplaceLineEndings("\n") + "\n";
        var path = GoldenFile();
        if (Environment.GetEnvironmentVariable("CLOUDKEEPER_REWRITE") == "1")
        {
            await File.WriteAllTextAsync(path, document, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), document);
    }

    [Fact]
    public async Task Every_code_of_the_table_is_in_the_document()
    {
        var document = (await gateway.GetAsync("/openapi/v1.json")).Text;

        // Refused before or besides any route.
        string[] elsewhere = ["route-not-found", "method-not-allowed", "not-a-counter", "counter-overflow"];
        var all = typeof(ErrorKinds).GetFields().Select(field => ((ErrorKind)field.GetValue(null)!).Code);
        Assert.All(all.Except(elsewhere), code => Assert.Contains(code, document, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_have_the_shapes_of_the_document()
    {
        const string Path = "/v1/nodes/shapes";
        Read<Answers.Node>(await gateway.PutAsync(Path, "v"));
        Read<Answers.Node>(await gateway.PostAsync(Path + "?prefix=a"));
        Read<Answers.Node>(await gateway.GetAsync(Path + "?view=stat"));
        Read<Answers.Envelope>(await gateway.GetAsync(Path + "?format=json"));
        Read<Answers.ChildrenPage>(await gateway.GetAsync(Path + "?view=children&values=true"));
        Read<Answers.SubtreePage>(await gateway.GetAsync(Path + "?view=subtree&values=true&limit=1"));
        Read<Answers.Acl>(await gateway.GetAsync(Path + "?view=acl"));
        Read<Answers.Transaction>(await gateway.PostAsync("/v1/transactions", """
            {"then": [{"get": {"path": "/shapes"}}, {"get": {"path": "/none"}}, {"add": {"path": "/shapes/c", "amount": 1}},
                      {"delete": {"path": "/shapes/c"}}]}
            """));
        var session = Read<Answers.Session>(await gateway.PostAsync("/v1/sessions"));
        Read<Answers.Session>(await gateway.GetAsync($"/v1/sessions/{session.Id}"));
        Read<Answers.SessionPage>(await gateway.GetAsync("/v1/sessions?limit=1"));
        Read<Answers.Keepalive>(await gateway.PostAsync($"/v1/sessions/{session.Id}/keepalive"));
        Read<Answers.KeepaliveResults>(
            await gateway.PostAsync("/v1/sessions/keepalive", $$"""{"ids":[{{session.Id}},4711]}"""));
        Read<Answers.Ticket>(await gateway.PostAsync("/v1/locks/shapes-lock", """{"ttl":"10s"}"""));
        Read<Answers.Lock>(await gateway.GetAsync("/v1/locks/shapes-lock"));
        Read<Answers.Cluster>(await gateway.GetAsync("/v1/cluster"));
        Read<Answers.Problem>(await gateway.GetAsync("/v1/nodes/none"));
    }

    private static T Read<T>(Answer answer)
    {
        var read = JsonSerializer.Deserialize<T>(answer.Text, Strict);
        Assert.NotNull(read);
        return read;
    }

    private static string GoldenFile([CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "openapi.v1.json");
}
