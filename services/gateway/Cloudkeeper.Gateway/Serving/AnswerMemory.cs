using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>What answers are made of counts among the bytes in flight, until they are sent.</summary>
internal static class AnswerMemory
{
    /// <summary>Of one node on a page, without its value: its stat, its name, and what holds them.</summary>
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

    /// <summary>Of what has been done, which is told whatever is on its way: a refusal would say that nothing was.</summary>
    /// <returns>Null: too little to be counted.</returns>
    public static MemoryLease? HoldDone(HttpContext context, long bytes) =>
        bytes <= MemoryBudget.SmallBytes ? null : BudgetOf(context).Keep(MemoryUse.Answers, bytes);

    public static long Of(IReadOnlyList<ChildEntry> children) =>
        children.Sum(static child => (long)child.Value.Length) + ((long)NodeBytes * children.Count);

    public static long Of(IReadOnlyList<SubtreeEntry> nodes) =>
        nodes.Sum(static node => (long)node.Value.Length) + ((long)NodeBytes * nodes.Count);

    private static MemoryBudget BudgetOf(HttpContext context) => context.RequestServices.GetRequiredService<MemoryBudget>();
}
