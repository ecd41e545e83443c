using System.Text;
using System.Text.Json;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Hosting.Tests.Security;

public sealed class ClusterKeyTests
{
    private const string Base64 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    private static readonly ClusterKey Key = ClusterKey.TryParse(Base64)!;

    [Theory]
    [InlineData("")]
    [InlineData("none")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA")]
    [InlineData("-_IDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")]
    public void Text_that_is_not_the_base64_of_32_bytes_is_no_key(string text) => Assert.Null(ClusterKey.TryParse(text));

    [Fact]
    public void White_space_around_a_key_does_not_matter() =>
        Assert.Equal(Base64, ClusterKey.TryParse($" {Base64}\r\n")!.Reveal());

    [Theory]
    [InlineData("Cloudkeeper " + Base64, true)]
    [InlineData("cloudKEEPER " + Base64, true)]
    [InlineData("Cloudkeeper AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyE=", false)]
    [InlineData("Cloudkeeper BQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", false)]
    [InlineData("Cloudkeeper aqidbaugbwgjcgsmdq4pebesexqvfhcygrobhb0ehya=", false)]
    [InlineData("Cloudkeeper " + Base64 + " ", false)]
    [InlineData("Cloudkeeper  " + Base64, false)]
    [InlineData("Cloudkeeper\t" + Base64, false)]
    [InlineData("Cloudkeeper ", false)]
    [InlineData("Cloudkeepes " + Base64, false)]
    [InlineData("Bearer " + Base64, false)]
    [InlineData(Base64, false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_the_whole_key_in_its_scheme_shows_it(string? authorization, bool isShown) =>
        Assert.Equal(isShown, Key.IsShownBy(authorization));

    [Fact]
    public void Two_keys_that_are_drawn_differ() => Assert.NotEqual(ClusterKey.Draw().Reveal(), ClusterKey.Draw().Reveal());

    /// <summary>Processes of two versions derive the same: HKDF-SHA256 without salt, the purpose as info (RFC 5869).</summary>
    [Theory]
    [InlineData("redis", 32, "cd5c12b32253fc2f77a33441e684d8a1")]
    [InlineData("redis", 16, "cd5c12b32253fc2f77a33441e684d8a1")]
    [InlineData("proof", 32, "5d6bd6c9d2439f07a63022a778153a64")]
    public void A_derived_key_follows_from_its_purpose_alone(string purpose, int length, string start)
    {
        var derived = Key.Derive(purpose, length);
        Assert.Equal(length, derived.Length);
        Assert.StartsWith(start, Convert.ToHexStringLower(derived), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_prints_objects_shows_a_key()
    {
        var options = new HostingOptions { ClusterKey = new Secret(Base64) };
        var access = new ClusterAccess(Key);
        var reflected = typeof(HostingOptions).GetProperties().Select(property => $"{property.GetValue(options)}");
        string[] printed =
        [
            $"{Key} {options.ClusterKey}", string.Join(' ', reflected),
            JsonSerializer.Serialize(options), JsonSerializer.Serialize(access), JsonSerializer.Serialize(Key),
        ];
        Assert.All(printed, text => Assert.DoesNotContain(Base64[..16], text, StringComparison.Ordinal));
        Assert.Contains("***", printed[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_that_is_not_set_prints_as_nothing() => Assert.Equal("", Encoding.UTF8.GetString([]) + Secret.None);
}
