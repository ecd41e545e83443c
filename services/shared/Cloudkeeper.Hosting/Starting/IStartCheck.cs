namespace Cloudkeeper.Hosting.Starting;

/// <summary>Something around the process without which it cannot work, looked at before anything of it starts.</summary>
public interface IStartCheck
{
    /// <summary>Nothing where all is well. Leaves everything as it is.</summary>
    IEnumerable<StartProblem> Look();
}

/// <summary>Why a start cannot succeed.</summary>
/// <param name="Message">What is wrong, and what to do about it.</param>
/// <param name="MayPass">
/// Another start may succeed by itself, and the supervisor of the process should try it: the exit code is 1, otherwise
/// 78.
/// </param>
public sealed record StartProblem(string Message, bool MayPass);
