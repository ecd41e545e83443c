namespace Cloudkeeper.Coherence.Delivery;

/// <summary>
/// For how many readers a question to the leader waits. As many as came together the last time do again; now and then
/// it is tried whether more do, and when they do not, for long not again. So closed loops of clients share a question
/// without waiting for a reader that does not come, a stream of requests fills what time it is given, and a lone reader
/// never waits. Pure.
/// </summary>
/// <param name="countMax">More need not share one: beyond this it saves next to nothing.</param>
public sealed class ReadGathering(int countMax)
{
    private const int RestMax = 1_024;

    private int _size = 1;
    private int _rest = 1;
    private int _untilTrial;
    private bool _isTrial;

    /// <summary>For how many to wait now. 1: for no other.</summary>
    /// <param name="waiting">The readers that have come while the last question was under way.</param>
    public int Next(int waiting)
    {
        _isTrial = false;
        if (_size == 1 && waiting == 0)
        {
            return 1;
        }

        if (_size < countMax && _untilTrial-- <= 0)
        {
            _isTrial = true;
            _untilTrial = 0;
            return Math.Min(countMax, _size + 1 + (_size / 4));
        }

        return _size;
    }

    /// <summary>The readers have come, or the time was up.</summary>
    public void Gathered(int wanted, int count)
    {
        _size = Math.Clamp(count, 1, countMax);
        if (_isTrial)
        {
            _rest = count >= wanted ? 1 : Math.Min(RestMax, _rest * 2);
            _untilTrial = count >= wanted ? 0 : _rest;
        }
    }
}
