using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>
/// How many requests may go into the next batch. All that wait, until a node has answered a part of a batch only, or
/// wanted nothing of it: then about as many as it will answer, and twice as many with each batch that it takes whole. So
/// the rest of a batch does not travel again and again behind answers that are large. Pure.
/// </summary>
public sealed class BatchLength
{
    private volatile int _max = Limits.BatchItemsMax;

    public int Max => _max;

    /// <summary>A node has answered so many of the requests that were sent.</summary>
    public void Answered(int count, int sent)
    {
        if (count < sent)
        {
            // Twice as many: the next ones may be smaller, and a node answers in one turn all that is there.
            _max = Math.Clamp(2 * count, 1, Limits.BatchItemsMax);
        }
        else if (_max < Limits.BatchItemsMax)
        {
            _max = Math.Min(2 * _max, Limits.BatchItemsMax);
        }
    }

    /// <summary>
    /// A node has refused a batch for its content: the half of it may go through, or holds the cause.
    /// </summary>
    public void Refused(int sent) => _max = Math.Max(1, sent / 2);
}
