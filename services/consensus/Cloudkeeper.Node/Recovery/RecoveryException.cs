namespace Cloudkeeper.Node.Recovery;

/// <summary>What was asked for cannot be done; the message says why and what to do.</summary>
internal sealed class RecoveryException(string message) : Exception(message);
