namespace Cloudkeeper.LoadGenerator;

/// <summary>What a connection asks for, over and over.</summary>
internal enum Operation
{
    /// <summary>Replaces the value of an existing key.</summary>
    Write,

    /// <summary>A linearizable read.</summary>
    Read,

    /// <summary>A read of whatever the server has.</summary>
    Stale,

    /// <summary>Nine linearizable reads to one write, at random.</summary>
    Mix90,
}
