using Cloudkeeper.Hosting.Machine;

namespace Cloudkeeper.Hosting.Starting;

/// <summary>A process has some 250 descriptors open before its first client comes.</summary>
internal sealed class DescriptorCheck(Descriptors descriptors) : IStartCheck
{
    public const int Least = 512;

    public IEnumerable<StartProblem> Look()
    {
        if (descriptors.Limit < Least)
        {
            yield return new StartProblem(
                $"This process may have {descriptors.Limit} descriptors (ulimit -n); it needs {Least}, and one more for each "
                + "connection. Raise the limit: ulimit -n 65536, or LimitNOFILE= of its systemd unit.",
                MayPass: false);
        }
    }
}
