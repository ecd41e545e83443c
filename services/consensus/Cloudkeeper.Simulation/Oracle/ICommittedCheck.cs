namespace Cloudkeeper.Simulation.Oracle;

/// <summary>An invariant that looks at each committed entry once, in the order of the log.</summary>
internal interface ICommittedCheck
{
    void Check(CommittedEntry entry);
}
