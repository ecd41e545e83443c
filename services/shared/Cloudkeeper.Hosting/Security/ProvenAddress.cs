using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// A process with a cluster key proves in its answers of <c>/readyz</c>, with any status, that it knows the key
/// (<see cref="KeyProof"/>): any client may ask for readiness, and any server can claim to be ready.
/// </summary>
/// <param name="access">The key that is proved; without one there is no proof.</param>
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
