namespace Cloudkeeper.Local;

internal static class Program
{
    private static int Main() => 0;
}
