using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>The results that answers are made of count among the bytes in flight, until they are sent.</summary>
internal static class AnswerMemory
{
    /// <summary>Of one node on a page, without its value: its stat, its name, and their objects.</summary>
    private const int NodeBytes = 300;

    /// <returns>Null: too little to be counted.</returns>
    /// <exception cref="ProblemException"><c>overloaded</c>: slow clients keep too much already.</exception>
    public static MemoryLease? Hold(HttpContext context, long bytes)
    {
        if (bytes <= MemoryBudget.SmallBytes)
        {
            return null;
        }

        return BudgetOf(context).TryTake(MemoryUse.Answers, bytes, out var lease)
            ? lease
            : throw new ProblemException(ErrorKinds.Overloaded, "Too many bytes are on their way: try again later.");
    }

    /// <summary>
    /// For the result of a completed mutation, which is sent under any load: a refusal would claim that nothing was
    /// done.
    /// </summary>
    /// <returns>Null: too little to be counted.</returns>
    public static MemoryLease? HoldDone(HttpContext context, long bytes) =>
        bytes <= MemoryBudget.SmallBytes ? null : BudgetOf(context).Keep(MemoryUse.Answers, bytes);

    public static long Of(IReadOnlyList<ChildEntry> children) =>
        children.Sum(static child => (long)child.Value.Length) + ((long)NodeBytes * children.Count);

    public static long Of(IReadOnlyList<SubtreeEntry> nodes) =>
        nodes.Sum(static node => (long)node.Value.Length) + ((long)NodeBytes * nodes.Count);

    private static MemoryBudget BudgetOf(HttpContext context) => context.RequestServices.GetRequiredService<MemoryBudget>();
}
