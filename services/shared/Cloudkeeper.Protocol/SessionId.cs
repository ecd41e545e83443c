using System.Globalization;

namespace Cloudkeeper.Protocol;

/// <summary>A session: the revision that opened it, hence never used twice.</summary>
public readonly record struct SessionId(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
