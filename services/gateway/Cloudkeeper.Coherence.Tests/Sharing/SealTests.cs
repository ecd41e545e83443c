using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cloudkeeper.Coherence.Sharing;

namespace Cloudkeeper.Coherence.Tests.Sharing;

public sealed class SealTests
{
    private const string Name = "cloudkeeper:x:node:/a";
    private const int Today = 20_000;

    private static readonly Guid Cluster = new("11111111-2222-3333-4444-555555555555");

    private readonly Seal _seal = New(key: 1, sealer: 7);
    private readonly byte[] _entry;

    public SealTests() => _entry = _seal.Close(Cluster, Name, "content"u8, Today);

    [Fact]
    public void An_entry_that_one_gateway_has_closed_another_opens()
    {
        Assert.Equal("content"u8, New(key: 1, sealer: 8).Open(Cluster, Name, _entry, Today)!);
        Assert.Equal("content".Length + Seal.OverheadBytes, _entry.Length);
        Assert.Equal([], _seal.Open(Cluster, Name, _seal.Close(Cluster, Name, [], Today), Today)!);
    }

    [Fact]
    public void The_layout_is_a_version_a_day_a_nonce_the_content_and_a_tag()
    {
        Assert.Equal(2, _entry[0]);
        Assert.Equal(Today, BinaryPrimitives.ReadInt32LittleEndian(_entry.AsSpan(1)));
        using var cipher = new AesGcm(Derive(1, $"redis {Cluster:N} {Today}"), 16);
        var content = new byte[_entry.Length - Seal.OverheadBytes];
        cipher.Decrypt(_entry.AsSpan(5, 12), _entry.AsSpan(17..^16), _entry.AsSpan(^16..), content, Encoding.UTF8.GetBytes(Name));
        Assert.Equal("content"u8, content);
    }

    [Fact]
    public void The_content_is_not_to_be_seen() =>
        Assert.Equal(-1, _entry.AsSpan().IndexOf("content"u8));

    [Fact]
    public void Another_key_another_cluster_or_another_name_is_refused()
    {
        Assert.Null(New(key: 2, sealer: 7).Open(Cluster, Name, _entry, Today));
        Assert.Null(_seal.Open(Guid.NewGuid(), Name, _entry, Today));
        Assert.Null(_seal.Open(Cluster, Name + "a", _entry, Today));
        Assert.Null(_seal.Open(Cluster, "", _entry, Today));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(1, true)]
    [InlineData(-2, false)]
    [InlineData(2, false)]
    [InlineData(365, false)]
    public void It_opens_from_yesterday_to_tomorrow(int later, bool opens) =>
        Assert.Equal(opens, _seal.Open(Cluster, Name, _entry, Today + later) is not null);

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(Today + 1)]
    [InlineData(-1)]
    public void A_day_that_was_written_over_is_refused(int day)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_entry.AsSpan(1), day);
        Assert.Null(_seal.Open(Cluster, Name, _entry, Today));
    }

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        for (var bit = 0; bit < 8 * _entry.Length; bit++)
        {
            var changed = _entry.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(_seal.Open(Cluster, Name, changed, Today) is null, $"bit {bit}");
        }
    }

    [Fact]
    public void A_cut_or_longer_entry_is_refused()
    {
        for (var length = 0; length < _entry.Length; length++)
        {
            Assert.Null(_seal.Open(Cluster, Name, _entry.AsSpan(0, length), Today));
        }

        Assert.Null(_seal.Open(Cluster, Name, [.. _entry, 0], Today));
    }

    [Fact]
    public void An_entry_that_was_never_sealed_is_refused()
    {
        Assert.Null(_seal.Open(Cluster, Name, "1 and some more text than a seal is long by itself"u8, Today));
        Assert.Null(_seal.Open(Cluster, Name, new byte[1 << 20], Today));
        Assert.Null(_seal.Open(Cluster, Name, [2, .. new byte[100]], Today));
    }

    [Fact]
    public void No_nonce_comes_twice()
    {
        var nonces = new HashSet<string>();
        foreach (var seal in (Seal[])[_seal, New(key: 1, sealer: 8), New(key: 1, sealer: long.MaxValue)])
        {
            for (var i = 0; i < 10_000; i++)
            {
                var entry = seal.Close(Cluster, Name, [], Today);
                Assert.True(nonces.Add(Convert.ToHexString(entry, 5, 12)));
            }
        }
    }

    [Fact]
    public void Two_gateways_that_close_the_same_write_different_bytes() =>
        Assert.NotEqual(_entry, New(key: 1, sealer: 8).Close(Cluster, Name, "content"u8, Today));

    [Fact]
    public void Each_day_and_each_cluster_has_a_key_of_its_own_and_it_is_derived_once()
    {
        var purposes = new List<string>();
        var seal = new Seal(
            purpose =>
            {
                purposes.Add(purpose);
                return Derive(1, purpose);
            },
            sealer: 1);
        var other = Guid.NewGuid();
        foreach (var (cluster, day) in ((Guid, int)[])[(Cluster, 1), (Cluster, 1), (Cluster, 2), (other, 2), (other, 2)])
        {
            seal.Open(cluster, Name, seal.Close(cluster, Name, [], day), day);
        }

        Assert.Equal(3, purposes.Count);
        Assert.Equal(purposes.Distinct(), purposes);
    }

    [Fact]
    public void A_day_ends_at_midnight()
    {
        var midnight = DateTimeOffset.Parse("2026-12-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
        var day = Seal.DayOf(midnight.ToUnixTimeMilliseconds());
        Assert.Equal(day - 1, Seal.DayOf(midnight.ToUnixTimeMilliseconds() - 1));
        Assert.Equal(day, Seal.DayOf(midnight.AddDays(1).ToUnixTimeMilliseconds() - 1));
    }

    private static Seal New(int key, long sealer) => new(purpose => Derive(key, purpose), sealer);

    private static byte[] Derive(int key, string purpose) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, BitConverter.GetBytes(key), 32, info: Encoding.UTF8.GetBytes(purpose));
}
