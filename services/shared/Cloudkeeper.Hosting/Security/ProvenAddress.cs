using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// A process that has one proves in its answers of <c>/readyz</c>, whatever they say, that it knows the cluster key
/// (<see cref="KeyProof"/>): readiness is for everybody to ask for, and anybody can say that he is ready.
/// </summary>
/// <param name="access">What is proved; without a key nothing is.</param>
/// <param name="address">Where others reach this process; known when it listens.</param>
public sealed class ProvenAddress(ClusterAccess access, Func<string> address)
{
    private readonly Lazy<string> _address = new(address);

    internal void Answer(HttpContext context)
    {
        if (access.Key is { } key && KeyProof.Answer(context, key, _address.Value))
        {
            context.Response.Headers[KeyProof.AddressHeader] = _address.Value;
        }
    }
}
