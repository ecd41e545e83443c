using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.OpenApi;

/// <summary>The page that clients read, services/API.md, describes the gateway as it is.</summary>
[Collection(SharedGateway.Name)]
public sealed class ApiPageTests(GatewayFixture gateway)
{
    private static readonly string Page = File.ReadAllText(PagePath());

    [Fact]
    public void The_table_of_codes_is_that_of_the_gateway()
    {
        var table = Page[Page.IndexOf("## Codes", StringComparison.Ordinal)..];
        var onPage = table.Split('\n')
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(static cells => cells.Length == 4 && int.TryParse(cells[1], CultureInfo.InvariantCulture, out _))
            .SelectMany(static cells => cells[2].Split(' '), static (cells, code) => $"{cells[1]} {code.Trim('`')}");
        var inGateway = typeof(ErrorKinds).GetFields().Select(static field => (ErrorKind)field.GetValue(null)!)
            .Select(static kind => $"{kind.Status} {kind.Code}");

        Assert.Equal(inGateway.Distinct().Order(StringComparer.Ordinal), onPage.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_route_and_parameter_of_the_document_is_on_the_page()
    {
        using var document = JsonDocument.Parse((await gateway.GetAsync("/openapi/v1.json")).Text);
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(static path => path.Value.EnumerateObject(), static (path, operation) => (path.Name, Operation: operation))
            .Where(static each => each.Operation.Name != "head")
            .ToList();

        Assert.All(operations, each => Assert.Matches(
            $"`{each.Operation.Name.ToUpperInvariant()} {Regex.Escape(each.Name)}[`?&]", Page));
        var parameters = operations
            .Where(static each => each.Operation.Value.TryGetProperty("parameters", out _))
            .SelectMany(static each => each.Operation.Value.GetProperty("parameters").EnumerateArray())
            .Select(static parameter => parameter.GetProperty("name").GetString()!)
            .Distinct();
        Assert.All(parameters, name => Assert.Matches($@"(?<![\w-]){Regex.Escape(name)}(?![\w-])", Page));
    }

    [Theory]
    [InlineData("nodes that one request deletes", Limits.DeletedNodesMax)]
    [InlineData("parents that one request creates", Limits.CreatedParentsMax)]
    [InlineData("ephemeral nodes and tickets of a session", Limits.EphemeralsMax)]
    [InlineData("path", Limits.PathBytesMax)]
    [InlineData("operations, and conditions, of a transaction", Limits.TransactionOperationsMax)]
    [InlineData("name of a session, owner of a ticket", Limits.NameBytesMax)]
    [InlineData("content type", Limits.ContentTypeCharsMax)]
    public void The_table_of_limits_is_that_of_the_gateway(string what, int limit) =>
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| {what} | {limit:N0}"), Page, StringComparison.Ordinal);

    private static string PagePath([CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", "..", "..", "API.md"));
}
