using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>Paces every answer of a process, no matter which component writes it.</summary>
internal sealed class AnswerPaceMiddleware(RequestDelegate next, AnswerPace pace)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseBodyFeature>() is { } server)
        {
            context.Features.Set<IHttpResponseBodyFeature>(new PacedAnswer(context, server, pace));
        }

        return next(context);
    }

    /// <summary>In front of a process's whole pipeline.</summary>
    internal sealed class InFront : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseMiddleware<AnswerPaceMiddleware>();
            next(app);
        };
    }
}

/// <summary>What handlers declare about the pace of their answers.</summary>
public static class AnswerPacing
{
    /// <summary>
    /// The answer is a stream of future events: its client may read it slowly, and is cut off only when it takes
    /// nothing for a minute. To be called before anything of it is sent.
    /// </summary>
    public static void AllowPauses(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (context.Features.Get<IHttpResponseBodyFeature>() as PacedAnswer)?.AllowPauses();
    }
}
