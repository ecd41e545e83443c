using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Hosting.Tests;

public sealed class AddressLimitTests
{
    private readonly List<Task> _served = [];
    private readonly TaskCompletionSource _isOver = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("192.0.2.1", "::1")]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2")]
    [InlineData("2001:db8::1", "2001:db8:0:1::1")]
    public async Task One_address_cannot_have_them_all(string address, string other)
    {
        var limit = new AddressLimit(3, sparesLoopback: true);
        Assert.Equal([true, true, true, false, false], Connect(limit, address, count: 5));
        Assert.Equal([true], Connect(limit, other, count: 1));

        // A connection that closes makes room.
        _isOver.SetResult();
        await Task.WhenAll(_served);
        Assert.Equal([true, true, true, true], Connect(limit, address, count: 4));
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::ffff:0:0:2")]
    public void The_addresses_of_one_client_count_as_one(string address, string other)
    {
        var limit = new AddressLimit(1, sparesLoopback: true);
        Assert.Equal([true], Connect(limit, address, count: 1));
        Assert.Equal([false], Connect(limit, other, count: 1));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void Loopback_is_limited_only_where_a_setting_says_so(string address)
    {
        Assert.DoesNotContain(false, Connect(new AddressLimit(1, sparesLoopback: true), address, count: 5));
        Assert.Equal([true, false], Connect(new AddressLimit(1, sparesLoopback: false), address, count: 2));
    }

    /// <summary>Whether each of the connections is served, until it is over.</summary>
    private List<bool> Connect(AddressLimit limit, string address, int count)
    {
        var served = new List<bool>();
        for (var i = 0; i < count; i++)
        {
            var isServed = false;
            var serve = limit.Wrap(_ =>
            {
                isServed = true;
                return _isOver.Task;
            });
            var connection = new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 5_000) };
            _served.Add(serve(connection));
            served.Add(isServed);
        }

        return served;
    }
}
