using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Cloudkeeper.Hosting.Logging;

/// <summary>
/// One message a line: <c>2026-01-01T00:00:00.000Z info: Category[1] Message</c>, behind it an exception, if there is
/// one. All of it is plain text, also where it comes from a client or another process.
/// </summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    /// <summary>More is cut: of a message, and of an exception with all that led to it.</summary>
    public const int CharsMax = 16 << 10;

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ ", CultureInfo.InvariantCulture));
        textWriter.Write(Word(logEntry.LogLevel));
        textWriter.Write(": ");
        textWriter.Write(logEntry.Category);
        textWriter.Write(string.Create(CultureInfo.InvariantCulture, $"[{logEntry.EventId.Id}] "));
        PlainText.WriteEscaped(textWriter, PlainText.Cut(message ?? "", CharsMax));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(' ');
            PlainText.WriteEscaped(textWriter, PlainText.Cut(exception.ToString(), CharsMax));
        }

        textWriter.Write('\n');
    }

    /// <summary>Four letters each, by which lines are found.</summary>
    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        _ => "none",
    };
}
