namespace Cloudkeeper.Hosting.Security;

/// <summary>There is no usable cluster key; the message states why and what to do, and never the key.</summary>
public sealed class ClusterKeyException(string message) : Exception(message);
