namespace Cloudkeeper.Local;

/// <summary>
/// A part's output, across restarts: all of it in a file, what matters on the console as well. Until the cluster is
/// ready nothing does: that a part does not reach another that has yet to start is no news.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private static readonly string[] ImportantLevels = [" warn: ", " fail: ", " crit: "];

    private readonly string _name;
    private readonly StreamWriter _writer;
    private readonly Lock _lock = new();

    public LogFile(string directory, string name)
    {
        _name = name;
        Path = System.IO.Path.Combine(directory, $"{name}.log");
        _writer = new StreamWriter(Path, append: true) { AutoFlush = true };
    }

    public string Path { get; }

    /// <summary>Whether warnings and errors are to be seen on the console.</summary>
    public bool IsShown { get; set; }

    public void Write(string line)
    {
        lock (_lock)
        {
            _writer.WriteLine(line);
        }

        if (IsShown && Array.Exists(ImportantLevels, level => line.Contains(level, StringComparison.Ordinal)))
        {
            Console.WriteLine($"{_name}: {line}");
        }
    }

    /// <summary>Nothing is written there but by a runtime that is about to end.</summary>
    public void WriteError(string line)
    {
        lock (_lock)
        {
            _writer.WriteLine(line);
        }

        Console.WriteLine($"{_name}: {line}");
    }

    public void Dispose() => _writer.Dispose();
}
