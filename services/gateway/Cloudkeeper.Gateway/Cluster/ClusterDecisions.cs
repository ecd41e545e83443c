using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary>
/// Judges the fences of a change of the cluster, and sees to it that it is decided once for its idempotency key: an
/// entry of the log records its beginning, and another one its outcome, which answers every repeat.
/// </summary>
/// <remarks>
/// When a gateway is lost in between, a repeat takes the change over: the list of members at the beginning shows what
/// has been done already, since no id of a member is ever given twice.
/// </remarks>
internal sealed class ClusterDecisions(INodes nodes, IClusterNodes cluster, Mutations mutations)
{
    private const string Done = "done";

    /// <summary>The leader's final refusals.</summary>
    private static readonly ErrorKind[] Refusals = [ErrorKinds.MemberNotFound, ErrorKinds.UnsafeChange];

    /// <summary>Has a change carried out, and sets the headers that every answer to a mutation has.</summary>
    /// <param name="body">As it came.</param>
    /// <returns>False: the refusal has been written.</returns>
    /// <exception cref="ProblemException">It was refused, or its outcome is not known.</exception>
    public async Task<bool> DecideAsync(HttpContext context, ReadOnlyMemory<byte> body, Func<ChangeStart, Task> change)
    {
        var key = MutationHeaders.IdempotencyKey(context.Request);
        var start = key is null ? ChangeStart.Unknown : await ChangeStart.DrawAsync(cluster, context.RequestAborted);
        var begun = await mutations.ExecuteAsync(context, DecisionLog.Note(start.ToString()), body, session: null);
        if (begun.Code != ResultCode.Ok)
        {
            Mutations.Describe(context, begun);
            Mutations.Refuse(context, begun);
            return false;
        }

        if (key is null)
        {
            await AtAsync(context, begun.Revision, () => change(start));
            return true;
        }

        start = ChangeStart.Parse(DecisionLog.TextOf(begun)) with { IsTakenOver = begun.Replayed };
        var log = new DecisionLog(nodes, start.Id, Fingerprint.Of(context.Request, body.Span));
        var ended = "";
        await AtAsync(context, begun.Revision, async () => ended = await DecideAsync(context, log, start, change));
        return Answer(context, ended, begun.Revision);
    }

    /// <summary>Has a change judged as the cluster is now; nothing is decided by it.</summary>
    /// <exception cref="ProblemException">It would be refused.</exception>
    public async Task JudgeAsync(HttpContext context, Func<ChangeStart, Task> change)
    {
        _ = MutationHeaders.IdempotencyKey(context.Request);
        _ = MutationHeaders.Fences(context.Request);
        var index = await nodes.ReadIndexAsync();
        await AtAsync(context, index.Revision, () => change(ChangeStart.Unknown));
    }

    /// <summary>The answer, a refusal included, names its revision.</summary>
    private static async Task AtAsync(HttpContext context, Revision revision, Func<Task> act)
    {
        context.Response.SetRevision(revision);
        try
        {
            await act();
        }
        catch (ProblemException refusal) when (refusal.Problem.Revision is null)
        {
            throw new ProblemException(refusal.Problem with { Revision = revision });
        }
    }

    /// <returns>How it has ended.</returns>
    private static async Task<string> DecideAsync(
        HttpContext context, DecisionLog log, ChangeStart start, Func<ChangeStart, Task> change)
    {
        if (start.IsTakenOver && await log.TakeOverAsync() is { } ended)
        {
            context.Response.Headers[ResponseHeaders.Replayed] = "true";
            return ended;
        }

        return await log.EndAsync(await CarryOutAsync(start, change));
    }

    /// <summary>Only a decision of the leader is an end; after any other failure the client is to try again.</summary>
    private static async Task<string> CarryOutAsync(ChangeStart start, Func<ChangeStart, Task> change)
    {
        try
        {
            await change(start);
            return Done;
        }
        catch (ProblemException refusal) when (Refusals.Contains(refusal.Problem.Kind))
        {
            return $"{refusal.Problem.Kind.Code} {refusal.Problem.Detail}";
        }
    }

    /// <returns>False: it was a refusal, and is written.</returns>
    private static bool Answer(HttpContext context, string ended, Revision revision)
    {
        if (ended == Done)
        {
            return true;
        }

        var (code, detail) = ended.Split(' ', 2) is [var first, var rest] ? (first, rest) : (ended, "");
        var kind = Array.Find(Refusals, kind => kind.Code == code)!;
        ProblemWriter.Write(context, new Problem(kind, detail.Length > 0 ? detail : null, revision));
        return false;
    }
}
