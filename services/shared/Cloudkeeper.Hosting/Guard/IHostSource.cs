namespace Cloudkeeper.Hosting.Guard;

/// <summary>Addresses that a process learns while it runs: those of the cluster's members and gateways.</summary>
public interface IHostSource
{
    /// <summary>
    /// Base addresses as they are known now. They are asked for only when a request names a host that no setting names.
    /// </summary>
    IEnumerable<string> Addresses { get; }
}
