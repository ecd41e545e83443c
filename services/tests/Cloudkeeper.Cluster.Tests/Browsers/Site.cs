using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cloudkeeper.Cluster.Tests.Browsers;

/// <summary>
/// A web server of a stranger, on loopback, under any name that a request has. Below <c>/page</c> it has pages and
/// scripts of its own; everything else it hands on to a server of the product, byte for byte: for a browser both are then of
/// one origin, as a rebound name makes them.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private static readonly string[] HopByHop = ["Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Content-Length"];

    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _product = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    private Site(WebApplication app, Uri product)
    {
        _app = app;
        app.Run(context => AnswerAsync(context, product));
    }

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>The values that have run: each script asks for <c>/page/ran/ITS-NAME</c>.</summary>
    public ConcurrentDictionary<string, bool> Ran { get; } = new(StringComparer.Ordinal);

    public static async Task<Site> StartAsync(Uri product)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var site = new Site(builder.Build(), product);
        await site._app.StartAsync();
        return site;
    }

    /// <summary>Its page, under a name.</summary>
    public Uri PageOf(string host) => new($"http://{host}:{Port}/page");

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _product.Dispose();
    }

    private Task AnswerAsync(HttpContext context, Uri product)
    {
        var path = context.Request.Path.Value ?? "";
        if (path.StartsWith("/page/ran/", StringComparison.Ordinal))
        {
            Ran[path["/page/ran/".Length..]] = true;
            context.Response.Headers.AccessControlAllowOrigin = "*";
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        if (path.StartsWith("/page", StringComparison.Ordinal))
        {
            var value = ActiveValue.Find(path["/page".Length..].TrimStart('/'));
            context.Response.ContentType = value?.Type ?? "text/html";
            context.Response.Headers.AccessControlAllowOrigin = "*";
            return context.Response.Body.WriteAsync(value?.Bytes(Port) ?? "<!doctype html><title>page</title>"u8.ToArray()).AsTask();
        }

        return RelayAsync(context, product);
    }

    private async Task RelayAsync(HttpContext context, Uri product)
    {
        var target = new Uri(product, context.Request.Path + context.Request.QueryString);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => !HopByHop.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        using var answer = await _product.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers)
            .Where(header => !HopByHop.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        if (answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified))
        {
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }
}
