using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Local.Commands;

namespace Cloudkeeper.Local.Tests;

/// <summary>What a start needs of the machine is looked at before anything starts, each with what to do (F-14).</summary>
public sealed class StartConditionTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_good_machine_has_all()
    {
        Assert.Empty(StartConditions.Missing(Options("--no-build")));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_socket_needs_a_short_path()
    {
        var data = _folder[new string('d', 120)];
        Says(CommandSocket.TooLong(data), "too long for a socket", "--data");
        Assert.Null(CommandSocket.TooLong(_folder.Path));

        // 107 bytes with the name of the socket, and not one more; a letter may have several.
        Assert.Null(CommandSocket.TooLong("/" + new string('d', 107 - 1 - "/local.sock".Length)));
        Says(CommandSocket.TooLong("/" + new string('d', 107 - "/local.sock".Length)), "108 bytes");
        Says(CommandSocket.TooLong("/" + new string('ö', 60)), "132 bytes");
        Assert.Throws<FormatException>(() => CommandSocket.Listen(data));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/data")]
    [InlineData("/proc/cloudkeeper")]
    public void The_data_directory_can_be_written(string data)
    {
        File.WriteAllText(_folder["file"], "");
        Says(StartConditions.Folder(Path.Combine(_folder.Path, data)), "Nothing can be written to", "--data");
    }

    [Theory]
    [InlineData("local.lock")]
    [InlineData("local.json")]
    [InlineData("cluster.key")]
    public void The_data_belongs_to_the_user_that_starts(string name)
    {
        Assert.Null(StartConditions.Owner(_folder.Path, Posix.UserId + 1));
        File.WriteAllText(_folder[name], "");
        Assert.Null(StartConditions.Owner(_folder.Path, Posix.UserId));
        Says(StartConditions.Owner(_folder.Path, Posix.UserId + 1), name, "belongs to another user", "chown -R", "--data");
    }

    [Fact]
    public void A_backup_is_there()
    {
        File.WriteAllText(_folder["backup"], "");
        Assert.Null(StartConditions.Backup(null));
        Assert.Null(StartConditions.Backup(_folder["backup"]));
        Says(StartConditions.Backup(_folder["missing"]), "cannot be read", "missing", "--from");
        Says(StartConditions.Backup(_folder.Path), "cannot be read", "--from");
    }

    [Theory]
    [InlineData("1023", false)]
    [InlineData("1024", true)]
    [InlineData("unlimited", true)]
    public void There_are_descriptors_enough(string hard, bool isEnough)
    {
        string[] limits = ["Limit   Soft Limit  Hard Limit  Units", $"Max open files            256                  {hard}               files"];
        var problem = StartConditions.Descriptors(limits);
        if (isEnough)
        {
            Assert.Null(problem);
        }
        else
        {
            Says(problem, "1023 files", "ulimit -Hn 1024");
        }

        Assert.Null(StartConditions.Descriptors([]));
    }

    [Fact]
    public void There_is_a_dotnet()
    {
        File.WriteAllText(_folder["dotnet"], "");
        Assert.Null(StartConditions.Dotnet("dotnet", $"/nowhere:{_folder.Path}"));
        Assert.Null(StartConditions.Dotnet(_folder["dotnet"], null));
        Says(StartConditions.Dotnet("dotnet", "/nowhere"), "no program dotnet", "PATH");
        Says(StartConditions.Dotnet(_folder["missing"], "/bin"), "install .NET");
    }

    [Fact]
    public void Without_a_build_there_is_an_earlier_one()
    {
        var (options, topology) = Cluster("--no-build");
        var source = new SourceTree(_folder.Path);
        Assert.Equal(3, StartConditions.Programs(options, topology, source).Count());
        Says(StartConditions.Programs(options, topology, source).First(), "Cloudkeeper.Node.dll was not built yet", "--no-build");
        Assert.Empty(StartConditions.Programs(options with { Build = true }, topology, source));
    }

    [Theory]
    [InlineData("--port=7002", "Port 7002 would be that of node2 and proxy")]
    [InlineData("--port=7101", "Port 7101 would be that of gateway1 and proxy")]
    public void No_two_parts_have_one_port(string option, string problem)
    {
        var (_, topology) = Cluster(option);
        Says(Assert.Single(StartConditions.SamePorts(topology)), problem, "--port");
    }

    [Fact]
    public void Ports_are_free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (_, topology) = Cluster($"--port={port}");
        Says(Ports.Problem(topology.Proxy, "--port"), $"Port {port}, for proxy, is taken", "ss -ltnp", "--port");
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "from 1024 on")]
    [InlineData(SocketError.AddressNotAvailable, "IPv4 on loopback")]
    [InlineData(SocketError.TooManyOpenSockets, "TooManyOpenSockets")]
    public void Ports_may_be_listened_on(SocketError error, string advice)
    {
        var (_, topology) = Cluster("--port=80");
        Says(Ports.Describe(topology.Proxy, "--port", error), "80", "proxy", advice, "--port");
    }

    [Fact]
    public void The_list_of_nodes_can_be_read()
    {
        Directory.CreateDirectory(_folder["local.json"]);
        Assert.Null(Roster.Load(_folder.Path));
        Directory.Delete(_folder["local.json"]);
        File.CreateSymbolicLink(_folder["local.json"], "/proc/self/mem");
        Assert.Contains("local.json", Assert.Throws<FormatException>(() => Roster.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_on_a_full_disk_needs_no_room_for_existing_data()
    {
        var roster = Roster.First(Options());
        roster.Save(_folder.Path);
        Directory.CreateDirectory(_folder["local.json.new"]);
        roster.Save(_folder.Path);
        Assert.ThrowsAny<Exception>(() => roster.WithNode().Save(_folder.Path));
    }

    private static void Says(string? problem, params string[] words)
    {
        Assert.NotNull(problem);
        Assert.All(words, word => Assert.Contains(word, problem, StringComparison.Ordinal));
    }

    private LocalOptions Options(params string[] args) => LocalOptions.Parse([.. args, "--data", _folder.Path]);

    private (LocalOptions Options, Topology Topology) Cluster(params string[] args)
    {
        var options = Options(args);
        return (options, Topology.Of(options, Roster.First(options)));
    }
}
