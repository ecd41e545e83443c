namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>How the watches of one connection travel. It knows no sockets: bytes in, events and bytes out.</summary>
internal interface IWatchProtocol
{
    /// <summary>Asks for all watches of the connection; sent first.</summary>
    byte[] Opening { get; }

    int Watches { get; }

    /// <summary>How many of them the server has agreed to.</summary>
    int Begun { get; }

    /// <summary>Events of progress so far.</summary>
    int ProgressCount { get; }

    /// <summary>Takes the next bytes and adds the revisions of the changes that end in them.</summary>
    /// <returns>What the protocol wants to be sent in return, mostly nothing.</returns>
    /// <exception cref="InvalidDataException">Not the streams that were asked for.</exception>
    ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> bytes, List<long> revisions);
}
