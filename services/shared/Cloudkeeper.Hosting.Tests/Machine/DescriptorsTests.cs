using Cloudkeeper.Hosting.Machine;

namespace Cloudkeeper.Hosting.Tests.Machine;

public sealed class DescriptorsTests
{
    /// <summary>Clients leave a quarter, between 128 and 1,024; connections to other processes a half of that.</summary>
    [Theory]
    [InlineData(512, 384, 448)]
    [InlineData(1024, 768, 896)]
    [InlineData(4096, 3072, 3584)]
    [InlineData(20_000, 18_976, 19_488)]
    [InlineData(1_048_576, 1_047_552, 1_048_064)]
    public void Sockets_leave_descriptors_to_files_and_assemblies(long limit, long accepted, long dialled)
    {
        var descriptors = new Descriptors(limit);
        Assert.Equal(accepted, descriptors.AcceptBound);
        Assert.Equal(dialled, descriptors.DialBound);
    }

    [Fact]
    public void The_limit_is_that_of_the_process()
    {
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        Assert.Equal(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], $"{Descriptors.OfProcess.Limit}");
    }
}
