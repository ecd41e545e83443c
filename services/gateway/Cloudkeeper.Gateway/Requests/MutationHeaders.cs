using System.Buffers;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>The headers that any mutation can carry.</summary>
internal static class MutationHeaders
{
    private static readonly SearchValues<char> VisibleAscii =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c)]);

    /// <exception cref="ProblemException"><c>invalid-idempotency-key</c>.</exception>
    public static string? IdempotencyKey(HttpRequest request)
    {
        var values = request.Headers[ResponseHeaders.IdempotencyKey];
        return values switch
        {
            [] => null,
            [{ Length: > 0 and <= Limits.IdempotencyKeyCharsMax } key] when !key.AsSpan().ContainsAnyExcept(VisibleAscii) =>
                key,
            _ => throw new ProblemException(ErrorKinds.InvalidIdempotencyKey),
        };
    }

    /// <exception cref="ProblemException"><c>invalid-fence</c>.</exception>
    public static IReadOnlyList<Ticket> Fences(HttpRequest request)
    {
        var values = request.Headers[ResponseHeaders.Fence];
        if (values.Count == 0)
        {
            return [];
        }

        var tokens = values.ToString().Split(',', StringSplitOptions.TrimEntries);
        if (tokens.Length > Limits.FencesMax)
        {
            throw new ProblemException(ErrorKinds.InvalidFence, $"At most {Limits.FencesMax} fences.");
        }

        return Array.ConvertAll(tokens, token => IntegerText.TryParse(token, out var ticket) && ticket > 0
            ? new Ticket(ticket)
            : throw new ProblemException(ErrorKinds.InvalidFence));
    }
}
