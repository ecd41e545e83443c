namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// How fast a client has to take an answer, in every process and over every protocol, and how much waits for slow
/// clients. A slow client ends its own request: over HTTP/2 the web server's limit would end the connection, which
/// behind a proxy all clients share.
/// </summary>
public sealed class AnswerPace(TransferPace transfers, MemoryBudget budget)
{
    /// <summary>
    /// Larger answers are handed to the web server in such parts, each when the one before is on its way: so much waits for a
    /// slow client, and not the whole answer.
    /// </summary>
    public const int PartBytes = 64 << 10;

    /// <summary>A value of 1 MiB in four minutes, or in half a one while memory is short.</summary>
    public static readonly PaceRule Usual = new(4 << 10, 32 << 10, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    public PaceRule Rule { get; init; } = Usual;

    /// <summary>Bytes that are held elsewhere in this process for each answer that waits.</summary>
    public int BytesBehind { get; init; }

    /// <param name="mayPause">The client may be as slow as it likes, as long as it takes something now and then.</param>
    internal Transfer Begin(PacedAnswer answer, bool mayPause) => transfers.Begin(
        MemoryUse.Answers,
        mayPause ? Rule with { BytesPerSecond = 0, BytesPerSecondUnderPressure = 0 } : Rule,
        static answer => ((PacedAnswer)answer).End(),
        answer);

    /// <summary>So many bytes wait for their client now.</summary>
    internal void Hold(long bytes) => budget.Add(MemoryUse.Answers, bytes + BytesBehind);

    internal void Release(long bytes) => budget.Return(MemoryUse.Answers, bytes + BytesBehind);
}
