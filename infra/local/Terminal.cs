using System.Text;

namespace Cloudkeeper.Local;

/// <summary>
/// Standard output or error, which may lead to a full disk or nowhere: text that cannot be written there is lost, and
/// no process ends for it.
/// </summary>
internal sealed class Terminal(TextWriter writer) : TextWriter
{
    public override Encoding Encoding => writer.Encoding;

    /// <summary>From now on all output of this process goes through here.</summary>
    public static void Install()
    {
        Console.SetOut(new Terminal(Console.Out));
        Console.SetError(new Terminal(Console.Error));
    }

    public override void Write(char value) => Try(value.ToString());

    public override void Write(string? value) => Try(value);

    public override void WriteLine(string? value) => Try(value + NewLine);

    private void Try(string? text)
    {
        try
        {
            writer.Write(text);
        }
        catch (IOException)
        {
            // There is no terminal to report it.
        }
    }
}
