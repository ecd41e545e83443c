using System.Globalization;

namespace Cloudkeeper.Hosting.Starting;

/// <summary>
/// A machine whose clock is not set yet: records written with it would be of another century for good.
/// </summary>
internal sealed class ClockCheck(TimeProvider time) : IStartCheck
{
    /// <summary>Older than this program.</summary>
    private static readonly DateTimeOffset Least = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Most = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public IEnumerable<StartProblem> Look()
    {
        var now = time.GetUtcNow();
        if (now < Least || now > Most)
        {
            yield return new StartProblem(
                $"The clock of this machine says {now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}. Set it "
                + "(timedatectl shows whether it is synchronised), then start again.",
                MayPass: true);
        }
    }
}
