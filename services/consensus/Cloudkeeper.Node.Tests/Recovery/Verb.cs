using Cloudkeeper.Node.Recovery;

namespace Cloudkeeper.Node.Tests.Recovery;

/// <summary>One run of the node program with a verb.</summary>
internal sealed record Verb(int Code, string Output, string Error)
{
    public static Verb Run(params string[] args)
    {
        Assert.True(RecoveryCommandLine.IsMeant(args));
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = new RecoveryCommandLine(output, error, new LongAfter()).Run(args);
        return new Verb(code, output.ToString(), error.ToString());
    }

    public Verb Succeeds()
    {
        Assert.True(Code == 0 && Error.Length == 0, Error);
        return this;
    }

    public Verb Fails(string because)
    {
        Assert.True(Error.Contains(because, StringComparison.Ordinal), Error);
        Assert.NotEqual(0, Code);
        return this;
    }

    /// <summary>So that the ages in the reports do not depend on how fast a test runs.</summary>
    private sealed class LongAfter : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
