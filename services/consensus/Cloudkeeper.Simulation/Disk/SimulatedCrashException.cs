namespace Cloudkeeper.Simulation;

/// <summary>
/// The power went off at a disk operation: the process that used the disk is gone, the after-crash image remains.
/// </summary>
public sealed class SimulatedCrashException(string operation) : Exception($"Simulated crash: {operation}.");
