using System.Buffers;
using System.Text;

namespace Cloudkeeper.Hosting.Tests;

public sealed class Http2PrefaceTests
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    [Fact]
    public void Every_true_beginning_of_the_preface_is_undecided()
    {
        for (var length = 0; length < Preface.Length; length++)
        {
            Assert.Null(Match(Preface[..length]));
        }
    }

    [Fact]
    public void The_whole_preface_is_http_2_with_any_bytes_behind_it()
    {
        Assert.True(Match(Preface));
        Assert.True(Match(Preface + "anything"));
    }

    [Fact]
    public void Any_other_byte_decides_for_http_1()
    {
        for (var i = 0; i < Preface.Length; i++)
        {
            var other = Preface[..i] + (char)(Preface[i] ^ 1);
            Assert.False(Match(other));
            Assert.False(Match(other + Preface[(i + 1)..]));
        }
    }

    private static bool? Match(string text) => Http2Preface.Match(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)));
}
