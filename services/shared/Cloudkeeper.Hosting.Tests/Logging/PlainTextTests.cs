using System.Globalization;
using System.Text;
using Cloudkeeper.Hosting.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Tests.Logging;

/// <summary>Texts of strangers in the log (SR-L5).</summary>
public sealed class PlainTextTests
{
    [Theory]
    [InlineData("a\nb", @"a\nb")]
    [InlineData("a\r\nb", @"a\r\nb")]
    [InlineData("a\tb", @"a\tb")]
    [InlineData("\0", @"\u0000")]
    [InlineData("\u001b[2K\u001b[1Aall is well", @"\u001B[2K\u001B[1Aall is well")]
    [InlineData("\u001b]0;title\a", @"\u001B]0;title\u0007")]
    [InlineData("\b\b\b\u007f", @"\u0008\u0008\u0008\u007F")]
    [InlineData("\u009b2J", @"\u009B2J")]
    [InlineData("a\u0085b\u2028c\u2029d", @"a\u0085b\u2028c\u2029d")]
    [InlineData("user\u202egnp.exe", @"user\u202Egnp.exe")]
    [InlineData("\u2066a\u2069\u200e\u200f\u061c", @"\u2066a\u2069\u200E\u200F\u061C")]
    [InlineData("a\u200bb\ufeffc\u00add", @"a\u200Bb\uFEFFc\u00ADd")]
    [InlineData("\U000e0041", @"\U000E0041")]
    [InlineData("Grüße, 世界 🎉 \u00a0 \\n", "Grüße, 世界 🎉 \u00a0 \\n")]
    [InlineData("", "")]
    public void Control_characters_are_shown_by_their_numbers(string text, string shown) =>
        Assert.Equal(shown, Escaped(text));

    /// <summary>Attributes cannot hold them.</summary>
    [Fact]
    public void Halves_of_pairs_are_shown_by_their_numbers() => Assert.Equal(@"\uDC00x\uD800", Escaped("\udc00x\ud800"));

    [Fact]
    public void No_character_below_the_surrogates_does_anything_to_a_terminal()
    {
        for (var code = 0; code <= char.MaxValue; code++)
        {
            var shown = Escaped($"a{(char)code}b");
            Assert.DoesNotContain(
                shown,
                c => char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c)
                    is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
        }
    }

    [Fact]
    public void A_text_is_cut_between_characters()
    {
        Assert.Equal("abc", PlainText.Cut("abc", 3));
        Assert.Equal("ab…", PlainText.Cut("abc", 2));
        Assert.Equal("a…", PlainText.Cut("a🎉b", 2));
        Assert.Equal("a🎉…", PlainText.Cut("a🎉b", 3));
        Assert.Equal(PlainText.RemoteCharsMax + 1, PlainText.Cut(new string('x', 100_000)).Length);
    }

    [Fact]
    public void A_message_and_its_exception_are_one_line_of_a_bounded_length()
    {
        var exception = new InvalidOperationException("one\ntwo" + new string('y', 100_000));
        var line = LineOf(LogLevel.Warning, "Said: a\nb" + new string('x', 100_000), exception);
        Assert.StartsWith(@"2026-01-02T03:04:05.006Z warn: Category[7] Said: a\nbx", line, StringComparison.Ordinal);
        Assert.Contains(@"x… System.InvalidOperationException: one\ntwoy", line, StringComparison.Ordinal);
        Assert.EndsWith("y…\n", line, StringComparison.Ordinal);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.InRange(line.Length, 0, (2 * LineFormatter.CharsMax) + 200);
    }

    /// <summary>A whole process: what reaches its output is this formatter's.</summary>
    [Fact]
    public async Task Every_process_writes_its_log_so()
    {
        await using var host = await TestHost.StartAsync();
        var options = host.App.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>();
        Assert.Equal(LineFormatter.FormatterName, options.Value.FormatterName);
    }

    private static string LineOf(LogLevel level, string message, Exception exception)
    {
        var formatter = new LineFormatter(new StoppedTime());
        var output = new StringWriter();
        formatter.Write(
            new LogEntry<string>(level, "Category", new EventId(7), message, exception, static (text, _) => text), null, output);
        return output.ToString();
    }

    private static string Escaped(string text)
    {
        var output = new StringWriter(new StringBuilder());
        PlainText.WriteEscaped(output, text);
        return output.ToString();
    }

    private sealed class StoppedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);
    }
}
