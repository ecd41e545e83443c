namespace Cloudkeeper.Node.Recovery;

/// <summary>The request cannot be carried out; the message states why and what to do.</summary>
internal sealed class RecoveryException(string message) : Exception(message);
