using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary>
/// The outcome of one change of the cluster, in the log of the nodes: notes in an order that all gateways agree on.
/// </summary>
/// <remarks>
/// Members are no part of the state in which the results of idempotency keys are kept. But the result of a transaction is, and
/// one that reads a path repeats the path, whether there is such a node or not: so a note fits into a path, changes nothing,
/// and the first one under a key is the one that every later one gets back. The keys of notes have spaces: none is a client's.
/// </remarks>
/// <param name="change">Drawn for this change: its key may be used again for another one when it is forgotten.</param>
internal sealed class DecisionLog(INodes nodes, string change, UInt128 fingerprint)
{
    private const string Prefix = "/cloudkeeper-note-";
    private const int PathCharsMax = 1_000;
    private const string TakenOver = "taken over";

    private readonly string _change = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(change)));
    private int _step;

    /// <summary>A command that has a note as its result, and no effect.</summary>
    public static TransactionCommand Note(string text) => new([], [new GetOperation(PathOf(text))], []);

    /// <summary>The note that a command has for its result.</summary>
    public static string TextOf(CommandResult result) =>
        result.Body is TransactionResult { Results: [GetResult { Path: var path }] }
            ? Uri.UnescapeDataString(path[Prefix.Length..])
            : throw new InvalidOperationException($"No note: {result}");

    /// <summary>Records the outcome of the change.</summary>
    /// <returns>The recorded outcome: another gateway may have been first.</returns>
    public async Task<string> EndAsync(string outcome)
    {
        while (true)
        {
            var found = await AppendAsync(outcome);
            if (TextOf(found) is var text && text != TakenOver)
            {
                return text;
            }
        }
    }

    /// <summary>Records that this gateway continues the change: it was begun, and no outcome is recorded.</summary>
    /// <returns>The outcome; null: it is open.</returns>
    public async Task<string?> TakeOverAsync()
    {
        while (true)
        {
            var found = await AppendAsync(TakenOver);
            if (TextOf(found) is var text && text != TakenOver)
            {
                return text;
            }

            if (!found.Replayed)
            {
                return null;
            }
        }
    }

    /// <summary>Puts a note behind those that are known.</summary>
    /// <returns>The one that stands there.</returns>
    private async Task<CommandResult> AppendAsync(string text)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"note {_step++} {_change}");
        return await nodes.ExecuteAsync(new CommandRequest(0, key, fingerprint, [], Note(text)), session: null);
    }

    private static string PathOf(string text)
    {
        var path = Prefix + Uri.EscapeDataString(text);
        return path.Length <= PathCharsMax ? path : PathOf(text[..^1]);
    }
}
