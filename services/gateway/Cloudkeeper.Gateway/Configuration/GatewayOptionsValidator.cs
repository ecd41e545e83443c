using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Hosting;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway.Configuration;

/// <summary>Reports all errors at once, each with the setting to change.</summary>
internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var errors = new List<string>();
        CheckNodes(options, errors);
        CheckNames(options, errors);
        CheckRedis(options.Redis.Reveal(), errors);
        Require(options.RequestTimeout, nameof(options.RequestTimeout),
            TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), errors);
        Require(options.AttemptTimeout, nameof(options.AttemptTimeout),
            TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), errors);
        Require(options.Lanes, nameof(options.Lanes), 1, 64, errors);
        Require(options.ReadBatches, nameof(options.ReadBatches), 1, 64, errors);
        Require(options.ReadGatherMax, nameof(options.ReadGatherMax), TimeSpan.Zero, TimeSpan.FromSeconds(1), errors);
        Require(options.WaitingItemsMax, nameof(options.WaitingItemsMax), 1, 10_000_000, errors);
        Require(options.WaitingBytesMax, nameof(options.WaitingBytesMax), 8L << 20, 64L << 30, errors);
        Require(options.WaitsMax, nameof(options.WaitsMax), 1, 10_000_000, errors);
        Require(options.WatchesMax, nameof(options.WatchesMax), 1, 10_000_000, errors);
        Require(options.WatchesPerSessionMax, nameof(options.WatchesPerSessionMax), 1, 10_000_000, errors);
        Require(options.WatchEventsMax, nameof(options.WatchEventsMax), 1, 1_000_000, errors);
        Require(options.WatchBytesMax, nameof(options.WatchBytesMax), 4L << 10, 1L << 30, errors);
        Require(options.RecentChangesMax, nameof(options.RecentChangesMax), 1, 10_000_000, errors);
        Require(options.RecentBytesMax, nameof(options.RecentBytesMax), 4L << 10, 64L << 30, errors);
        Require(options.CacheBytes, nameof(options.CacheBytes), 0, 64L << 30, errors);
        Require(options.ProgressInterval, nameof(options.ProgressInterval),
            TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10), errors);
        Require(options.RegistrationTtl, nameof(options.RegistrationTtl),
            TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void CheckNodes(GatewayOptions options, List<string> errors)
    {
        if (options.Nodes.Count == 0)
        {
            errors.Add("Gateway:Nodes is empty: give the base addresses of the nodes, separated by commas.");
        }

        errors.AddRange(options.Nodes.Where(node => ReachableAddress.Parse(node) is null)
            .Select(node => $"Gateway:Nodes has '{node}': not an address such as http://10.0.0.1:7000."));
    }

    private static void CheckNames(GatewayOptions options, List<string> errors)
    {
        if (options.AdvertisedAddress.Length > 0 && ReachableAddress.Parse(options.AdvertisedAddress) is null)
        {
            errors.Add($"Gateway:AdvertisedAddress is '{options.AdvertisedAddress}': not an address at which others reach this "
                + "gateway, such as http://10.0.0.4:7100.");
        }

        if (options.Instance.Length > 0
            && (options.Instance.Contains('/') || Protocol.NodePath.Check("/" + options.Instance) is not null))
        {
            errors.Add($"Gateway:Instance is '{options.Instance}': not the name of a node.");
        }
    }

    /// <summary>Does not repeat the faulty text: a part of it may be the password.</summary>
    private static void CheckRedis(string text, List<string> errors)
    {
        try
        {
            _ = text.Length > 0 ? RedisConnection.Parse(text) : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            errors.Add("Gateway:Redis is not a connection string of StackExchange.Redis, such as 'redis:6379,password=...'.");
        }
    }

    private static void Require<T>(T value, string setting, T least, T most, List<string> errors)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            errors.Add($"Gateway:{setting} is {value}: between {least} and {most}.");
        }
    }
}
