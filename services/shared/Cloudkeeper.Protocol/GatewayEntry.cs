namespace Cloudkeeper.Protocol;

/// <summary>A gateway that has registered.</summary>
/// <param name="Instance">Its name: one segment of a path.</param>
/// <param name="Address">Base address, in the one spelling that is compared (<see cref="GatewayAddress"/>).</param>
/// <param name="Session">With which the registration goes.</param>
public sealed record GatewayEntry(string Instance, string Address, SessionId Session);
