using System.Diagnostics;
using System.Text;

namespace Cloudkeeper.Local;

/// <summary>
/// A part's output, across restarts: all of it in a file, what matters on the console as well. Until the cluster is
/// ready nothing does: that a part does not reach another that has yet to start is no news.
/// </summary>
/// <remarks>
/// Lines may be lost, parts may not: where the file cannot be written, for a full disk or a folder that was removed, lines are
/// counted instead, and the part runs on. Each line tries anew, so that writing goes on as soon as it can.
/// </remarks>
internal sealed class LogFile(string directory, string name) : IDisposable
{
    private static readonly string[] ImportantLevels = [" warn: ", " fail: ", " crit: "];

    /// <summary>The loss of lines is reported again no sooner.</summary>
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private FileStream? _file;
    private long _lost;
    private long? _lastComplaint;

    public string Path { get; } = System.IO.Path.Combine(directory, $"{name}.log");

    /// <summary>Whether warnings and errors are to be seen on the console.</summary>
    public bool IsShown { get; set; }

    public void Write(string line)
    {
        Append(line);
        if (IsShown && Array.Exists(ImportantLevels, level => line.Contains(level, StringComparison.Ordinal)))
        {
            Console.WriteLine($"{name}: {line}");
        }
    }

    /// <summary>Nothing is written there but by a runtime that is about to end.</summary>
    public void WriteError(string line)
    {
        Append(line);
        Console.WriteLine($"{name}: {line}");
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
    }

    private void Append(string line)
    {
        lock (_lock)
        {
            try
            {
                var notice = _lost > 0 ? $"\n{_lost} lines were lost here\n" : "";
                Open().Write(Encoding.UTF8.GetBytes($"{notice}{line}\n"));
                _lost = 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _lost++;
                Close();
                Complain(e.Message);
            }
        }
    }

    /// <summary>
    /// The file that has the name now: another program may have removed or renamed the one that was opened.
    /// </summary>
    private FileStream Open()
    {
        if (_file is not null && !File.Exists(Path))
        {
            Close();
        }

        if (_file is null)
        {
            Directory.CreateDirectory(directory);
            _file = new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }

        return _file;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Complain(string reason)
    {
        if (_lastComplaint is not { } last || Stopwatch.GetElapsedTime(last) > ComplaintInterval)
        {
            _lastComplaint = Stopwatch.GetTimestamp();
            Console.WriteLine(
                $"The output of {name} is lost, as {Path} cannot be written: {reason} It runs on. Make room, or give the right to.");
        }
    }
}
