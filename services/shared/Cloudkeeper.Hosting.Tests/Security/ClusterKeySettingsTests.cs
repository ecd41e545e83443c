using Cloudkeeper.Hosting.Security;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Tests.Security;

public sealed class ClusterKeySettingsTests : IDisposable
{
    private const string Base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    private static readonly string[] Loopback = ["http://127.0.0.1:7001"];
    private static readonly string[] Open = ["http://127.0.0.1:7001", "http://+:7000"];

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-key-").FullName;

    private string Home => Path.Combine(_folder, "home");

    private string Temporary => Path.Combine(_folder, "temporary");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_key_that_is_given_counts_wherever_the_process_listens()
    {
        var access = Read(new HostingOptions { ClusterKey = new Secret(Base64) }, Open);
        Assert.Equal(Base64, access.Key!.Reveal());
        Assert.True(access.IsRequired);
    }

    [Fact]
    public void A_file_that_is_named_counts_wherever_the_process_listens()
    {
        var path = Path.Combine(_folder, "cluster.key");
        var key = ClusterKeyFile.ReadOrCreate(path);
        Assert.Equal(key.Reveal(), Read(new HostingOptions { ClusterKeyFile = path }, Open).Key!.Reveal());
    }

    [Fact]
    public void On_loopback_processes_of_one_user_share_a_key_without_settings()
    {
        var first = Read(new HostingOptions(), Loopback);
        var second = Read(new HostingOptions(), Loopback);

        Assert.Equal(first.Key!.Reveal(), second.Key!.Reveal());
        Assert.Equal(Path.Combine(Home, "cloudkeeper", "cluster.key"), first.UserFile);
        Assert.True(File.Exists(first.UserFile));
    }

    [Fact]
    public void Where_the_home_cannot_be_written_to_the_key_is_among_the_temporary_files()
    {
        File.WriteAllText(Home, "not a folder");

        var access = Read(new HostingOptions(), Loopback);

        Assert.StartsWith(Temporary, access.UserFile, StringComparison.Ordinal);
        Assert.Equal(access.Key!.Reveal(), Read(new HostingOptions(), Loopback).Key!.Reveal());
    }

    [Fact]
    public void A_temporary_folder_that_others_can_write_to_is_not_trusted()
    {
        File.WriteAllText(Home, "not a folder");
        var path = Read(new HostingOptions(), Loopback).UserFile!;
        File.SetUnixFileMode(Path.GetDirectoryName(path)!, (UnixFileMode)0b111_111_111);

        Assert.Contains(
            "others can write to it",
            Assert.Throws<ClusterKeyException>(() => Read(new HostingOptions(), Loopback)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Without_any_place_for_a_key_the_refusal_names_the_setting()
    {
        File.WriteAllText(Home, "not a folder");
        File.WriteAllText(Temporary, "not a folder");
        Assert.Contains(
            "Hosting:ClusterKeyFile",
            Assert.Throws<ClusterKeyException>(() => Read(new HostingOptions(), Loopback)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_loopback_no_process_starts_without_a_key()
    {
        var refusal = Assert.Throws<ClusterKeyException>(() => Read(new HostingOptions(), Open));
        Assert.All(
            ["http://+:7000", "Hosting:ClusterKeyFile", "Hosting:ClusterKey=none"],
            text => Assert.Contains(text, refusal.Message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(Home));
    }

    [Fact]
    public void A_cluster_without_a_key_has_to_be_wanted()
    {
        var access = Read(new HostingOptions { ClusterKey = new Secret("none") }, Open);
        Assert.Null(access.Key);
        Assert.True(access.Admits(default));
    }

    [Fact]
    public void A_key_with_a_typing_error_is_not_repeated()
    {
        var refusal = Assert.Throws<ClusterKeyException>(() => Read(new HostingOptions { ClusterKey = new Secret(Base64[1..]) }, Loopback));
        Assert.Contains("Hosting:ClusterKey", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Base64[1..10], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_and_a_file_contradict_each_other() => Assert.Throws<ClusterKeyException>(
        () => Read(new HostingOptions { ClusterKey = new Secret(Base64), ClusterKeyFile = "cluster.key" }, Loopback));

    [Fact]
    public async Task A_process_without_a_usable_key_reports_all_errors_at_once()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => TestHost.StartAsync(
            builder => builder.AddClusterKey(), limits: null, "--Hosting:ClusterKey=abc", "--Hosting:DrainTime=01:00:00"));
        Assert.Contains("Hosting:ClusterKey is not", error.Message, StringComparison.Ordinal);
        Assert.Contains("DrainTime", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_has_nothing_to_do_with_nodes_needs_no_key()
    {
        await using var host = await TestHost.StartAsync(
            builder => builder.AddClusterKey(_ => false), limits: null, "--Hosting:ClusterKey=abc");
        Assert.Null(host.App.Services.GetRequiredService<ClusterAccess>().Key);
    }

    private ClusterAccess Read(HostingOptions options, IReadOnlyList<string> listening) =>
        ClusterKeySettings.Read(options, listening, new UserClusterKey(Home, Temporary));
}
