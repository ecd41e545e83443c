using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>What is different for each kind of request: its bytes, and what an answer means.</summary>
public interface IBatchCodec<TRequest, TResult>
{
    /// <summary>Whether a batch that a member has seen without answering may have changed something.</summary>
    bool IsMutation { get; }

    /// <summary>
    /// Whether what fails at a member has changed nothing: requests that were sent with it then go again without it.
    /// </summary>
    bool FailsAlone { get; }

    /// <summary>The bytes to be sent next are not those of the batch, but of what has to be there before it.</summary>
    bool IsPreparing { get; }

    /// <summary>Whether a member without room for growth takes it.</summary>
    bool IsRelief(TRequest request);

    /// <summary>The bytes to be sent. A batch that was sent before keeps its numbers.</summary>
    /// <param name="now">In the driver's ticks.</param>
    ReadOnlyMemory<byte> Encode(IReadOnlyList<Waiting<TRequest, TResult>> batch, long now);

    /// <exception cref="Protocol.Wire.WireFormatException">The bytes are no answer.</exception>
    /// <exception cref="InvalidOperationException">It is no answer to this batch.</exception>
    BatchAnswer<TResult> Decode(IReadOnlyList<Waiting<TRequest, TResult>> batch, ReadOnlyMemory<byte> body);

    /// <summary>The batch certainly had no effect, and its numbers are free again.</summary>
    void GiveBack(IReadOnlyList<Waiting<TRequest, TResult>> batch);

    /// <summary>The bytes that were encoded last are not needed any more.</summary>
    /// <param name="isIdle">False: a call that was cut off may still read them.</param>
    void Release(bool isIdle);
}

public enum BatchAnswerKind
{
    /// <summary>Results of the first requests of the batch, at least one.</summary>
    Results,

    /// <summary>What had to be there is there: the batch itself goes now.</summary>
    Prepared,

    /// <summary>What had to be there was refused.</summary>
    Unprepared,

    /// <summary>The lane under which it was sent is forgotten.</summary>
    LaneExpired,
}

/// <param name="Code">Why it was refused.</param>
public readonly record struct BatchAnswer<TResult>(
    BatchAnswerKind Kind, IReadOnlyList<TResult>? Results = null, ResultCode Code = default);
