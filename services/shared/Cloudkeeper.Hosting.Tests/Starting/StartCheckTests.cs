using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Starting;

namespace Cloudkeeper.Hosting.Tests.Starting;

/// <summary>What a start depends on, each with what to do (F-14).</summary>
public sealed class StartCheckTests : IDisposable
{
    private const int AccessDenied = 13;
    private const int ReadOnlyFileSystem = 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(256, false)]
    [InlineData(511, false)]
    [InlineData(512, true)]
    [InlineData(1_048_576, true)]
    public void Too_few_descriptors(long limit, bool starts) =>
        AssertProblem(new DescriptorCheck(new Descriptors(limit)).Look(), starts, mayPass: false, "ulimit -n 65536", "LimitNOFILE=");

    [Theory]
    [InlineData(0, false)]
    [InlineData(31, false)]
    [InlineData(32, true)]
    public void Too_few_threads(int threads, bool starts) =>
        AssertProblem(ThreadCheck.Look(threads), starts, mayPass: true, "ulimit -u", "TasksMax=", "pids.max");

    [Fact]
    public void Enough_threads() => Assert.Empty(new ThreadCheck().Look());

    [Theory]
    [InlineData("1970-01-01T00:00:07Z", false)]
    [InlineData("2024-12-31T23:59:59Z", false)]
    [InlineData("2026-01-01T00:00:00Z", true)]
    [InlineData("2262-04-11T23:47:16Z", false)]
    public void A_clock_of_another_century(string now, bool starts)
    {
        var time = new StoppedTime(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture));
        AssertProblem(new ClockCheck(time).Look(), starts, mayPass: true, now, "timedatectl");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("*")]
    [InlineData("localhost")]
    public void A_port_that_is_taken(string host)
    {
        var listener = host == "[::1]" ? new TcpListener(IPAddress.IPv6Loopback, 0) : new TcpListener(IPAddress.Loopback, 0);
        using (listener)
        {
            Assert.SkipUnless(host != "[::1]" || Socket.OSSupportsIPv6, "There is no IPv6 here.");
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            AssertProblem(Listen($"http://{host}:{port}"), starts: false, mayPass: true, $"sport = :{port}", "--urls");
        }
    }

    [Fact]
    public void An_address_that_is_another_machines() =>
        AssertProblem(Listen("http://192.0.2.1:17000"), starts: false, mayPass: false, "ip address", "--urls");

    [Fact]
    public void An_address_that_is_none() =>
        AssertProblem(Listen("127.0.0.1"), starts: false, mayPass: false, "such as http://127.0.0.1:7000");

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://localhost:0")]
    public void An_address_that_is_free(string url) => Assert.Empty(Listen(url));

    [Fact]
    public void A_socket_that_can_be_made() => Assert.Empty(Listen($"http://unix:{_folder}/a.sock"));

    [Fact]
    public void A_path_that_is_too_long_for_a_socket() => AssertProblem(
        Listen($"http://unix:{_folder}/{new string('x', 100)}.sock"), starts: false, mayPass: false, "107 bytes", "shorter");

    [Fact]
    public void A_socket_in_no_directory() =>
        AssertProblem(Listen($"http://unix:{_folder}/none/a.sock"), starts: false, mayPass: false, "no directory", "make it");

    [Theory]
    [InlineData(200, 1)]
    [InlineData(10, 400)]
    public void A_directory_whose_path_is_too_long(int nameLength, int names)
    {
        var path = string.Concat(Enumerable.Repeat("/" + new string('x', nameLength), names * 2));
        AssertProblem(Look(path + new string('x', 56)), starts: nameLength * names < 100, mayPass: false, "too long", "Setting");
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/below")]
    public void A_directory_that_is_a_file(string name)
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        AssertProblem(Look(Path.Combine(_folder, name)), starts: false, mayPass: false, "is no directory", "move it away");
    }

    [Theory]
    [InlineData("", AccessDenied, "chown")]
    [InlineData("new/deep", AccessDenied, "chown")]
    [InlineData("new", ReadOnlyFileSystem, "can only be read")]
    public void A_directory_in_which_no_file_can_be_made(string name, int error, string message)
    {
        var problems = FolderCheck.Look("Setting", Path.Combine(_folder, name), 0, directory => directory == _folder + "/" || directory == _folder ? error : 0);
        AssertProblem(problems, starts: false, mayPass: false, message, _folder, "Setting");
    }

    [Fact]
    public void A_directory_on_a_full_disk()
    {
        AssertProblem(Look(Path.Combine(_folder, "new"), long.MaxValue), starts: false, mayPass: true, "bytes left", "make room");
        Assert.Empty(Look(Path.Combine(_folder, "new"), 1));
    }

    [Fact]
    public void A_directory_that_can_be_used() => Assert.Empty(Look(Path.Combine(_folder, "a", "b")));

    /// <summary>
    /// All problems of a start are reported; another try is worth it only where all of them may pass.
    /// </summary>
    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(true, false, 78)]
    public async Task All_problems_end_the_process_before_it_starts(bool first, bool second, int exitCode)
    {
        var hasStarted = false;
        var code = await CloudkeeperRun.RunAsync(() =>
        {
            var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
            builder.AddCloudkeeperHosting("test");
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<IStartCheck>(new Problem("one", first));
            builder.Services.AddSingleton<IStartCheck>(new Problem("two", second));
            var app = builder.Build();
            app.Lifetime.ApplicationStarted.Register(() => hasStarted = true);
            return app;
        });
        Assert.Equal((exitCode, false), (code, hasStarted));
    }

    private static IEnumerable<StartProblem> Look(string path, long bytesLeast = 0) => FolderCheck.Look("Setting", path, bytesLeast);

    private static List<StartProblem> Listen(string url) => [.. new ListeningCheck(
        new ConfigurationBuilder().AddInMemoryCollection([new("urls", url)]).Build()).Look()];

    private static void AssertProblem(IEnumerable<StartProblem> problems, bool starts, bool mayPass, params string[] says)
    {
        if (starts)
        {
            Assert.Empty(problems);
            return;
        }

        var problem = Assert.Single(problems);
        Assert.Equal(mayPass, problem.MayPass);
        Assert.All(says, text => Assert.Contains(text, problem.Message, StringComparison.Ordinal));
    }

    private sealed class Problem(string message, bool mayPass) : IStartCheck
    {
        public IEnumerable<StartProblem> Look() => [new StartProblem(message, mayPass)];
    }

    private sealed class StoppedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
