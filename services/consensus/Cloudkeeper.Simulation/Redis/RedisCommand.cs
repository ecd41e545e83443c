namespace Cloudkeeper.Simulation.Redis;

/// <summary>The gateways' commands to Redis.</summary>
internal abstract record RedisCommand;

internal sealed record RedisGet(string Key) : RedisCommand;

internal sealed record RedisSet(string Key, byte[] Value) : RedisCommand;

/// <summary>Takes a lease that is free, or makes the own one longer.</summary>
/// <param name="Duration">Virtual microseconds.</param>
internal sealed record RedisLease(string Key, Guid Holder, long Duration) : RedisCommand;

internal sealed record RedisSubscribe(string Channel) : RedisCommand;

internal sealed record RedisPublish(string Channel, byte[] Message) : RedisCommand;
