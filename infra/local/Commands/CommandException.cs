namespace Cloudkeeper.Local.Commands;

/// <summary>A command could not be done; its message states why, and what to do next.</summary>
internal sealed class CommandException(string message) : Exception(message);
