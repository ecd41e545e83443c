namespace Cloudkeeper.Cluster.Tests.Readme;

public sealed class ReadmeCommandTests
{
    private const string Markdown = """
        # Title
        ```console
        $ dotnet run --project infra/local
        ready
        $ curl -X PUT -d hello \
            http://127.0.0.1:8080/v1/nodes/greeting
        {"path":"/greeting","stat":{"version":0,"createdAt":"2026-11-22T12:00:00.123Z"}}
        $ curl -i http://127.0.0.1:8080/v1/nodes/greeting
        HTTP/1.1 200 OK
        ...
        hello
        ```
        ```json
        curl is not run from here
        ```
        ```sh
        # in a second terminal
        curl -N 'http://127.0.0.1:8080/v1/watch?path=/'
        curl -d '{"ttl":
          "10s"}' http://127.0.0.1:8080/v1/sessions
        ```
        """;

    private static readonly IReadOnlyList<ReadmeCommand> Commands = ReadmeCommand.Extract(Markdown);

    [Fact]
    public void Commands_with_curl_are_found_in_order_with_their_continuation_lines() => Assert.Equal(
        [
            "curl -X PUT -d hello \\\n    http://127.0.0.1:8080/v1/nodes/greeting",
            "curl -i http://127.0.0.1:8080/v1/nodes/greeting",
            "curl -N 'http://127.0.0.1:8080/v1/watch?path=/'",
            "curl -d '{\"ttl\":\n  \"10s\"}' http://127.0.0.1:8080/v1/sessions",
        ],
        Commands.Select(c => c.Text),
        StringComparer.Ordinal);

    [Fact]
    public void An_answer_matches_with_other_numbers_and_times_only()
    {
        var command = Commands[0];

        Assert.True(command.Matches("{\"path\":\"/greeting\",\"stat\":{\"version\":7,\"createdAt\":\"2031-01-02T03:04:05.6Z\"}}"));
        Assert.False(command.Matches("{\"path\":\"/other\",\"stat\":{\"version\":0,\"createdAt\":\"2026-11-22T12:00:00.123Z\"}}"));
        Assert.False(command.Matches("{\"path\":\"/greeting\",\"stat\":{\"version\":0,\"createdAt\":null}}"));
        Assert.False(command.Matches(""));
    }

    [Fact]
    public void A_duration_matches_its_remaining_time()
    {
        var command = new ReadmeCommand("curl x", ["{\"ttl\":\"10s\",\"expiresIn\":\"9.5s\"}"]);

        Assert.True(command.Matches("{\"ttl\":\"10s\",\"expiresIn\":\"10s\"}"));
        Assert.True(command.Matches("{\"ttl\":\"10s\",\"expiresIn\":\"990ms\"}"));
        Assert.False(command.Matches("{\"ttl\":\"10s\",\"expiresIn\":null}"));
    }

    [Fact]
    public void Dots_stand_for_omitted_text()
    {
        Assert.True(Commands[1].Matches("HTTP/1.1 200 OK\r\nDate: today\r\nETag: \"7\"\r\n\r\nhello"));
        Assert.False(Commands[1].Matches("HTTP/1.1 200 OK\r\nDate: today\r\nETag: \"7\"\r\n\r\nbye"));
    }

    [Fact]
    public void A_command_without_a_printed_answer_may_answer_anything() => Assert.True(Commands[3].Matches("{\"id\":1}"));

    [Fact]
    public void Only_the_watch_is_a_stream() => Assert.Equal(
        [false, false, true, false], Commands.Select(c => c.IsStream));
}
