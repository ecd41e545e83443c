using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>The outcome of a command or one of its operations; the commit adds the revision.</summary>
internal readonly record struct Outcome(ResultCode Code, ResultBody? Body)
{
    public bool IsOk => Code == ResultCode.Ok;

    public static Outcome Ok(ResultBody? body = null) => new(ResultCode.Ok, body);

    public static Outcome Refused(ResultCode code, ResultBody? body = null) => new(code, body);
}
