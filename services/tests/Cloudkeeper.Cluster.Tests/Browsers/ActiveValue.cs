using System.Globalization;
using System.Text;

namespace Cloudkeeper.Cluster.Tests.Browsers;

/// <summary>Something that a browser runs: it then asks for <c>/page/ran/ITS-NAME</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its media type.</param>
/// <param name="Text">What it is; <c>RAN</c> stands for the address that it asks for.</param>
internal sealed record ActiveValue(string Name, string Type, string Text)
{
    /// <summary>In a worker it also notifies the page that has started it.</summary>
    private const string Script = "fetch('RAN', {mode: 'no-cors'}); "
        + "if (!self.document) self.postMessage?.(1);";

    /// <summary>A page whose script runs, when all that was begun before it has had its turn.</summary>
    public static readonly ActiveValue Barrier = new("barrier", "text/html", $"<!doctype html><script>{Script}</script>");

    public static readonly IReadOnlyList<ActiveValue> All =
    [
        new("html", "text/html", $"<!doctype html><script>{Script}</script>"),
        new("xhtml", "application/xhtml+xml", $"<html xmlns='http://www.w3.org/1999/xhtml'><script><![CDATA[{Script}]]></script></html>"),
        new("svg", "image/svg+xml", $"<svg xmlns='http://www.w3.org/2000/svg'><script><![CDATA[{Script}]]></script></svg>"),
        new("xml", "text/xml", $"<x><script xmlns='http://www.w3.org/1999/xhtml'><![CDATA[{Script}]]></script></x>"),
        new("js", "text/javascript", Script),
        new("css", "text/css", "@import url('RAN'); * { background: url('RAN') }"),
        new("wasm", "application/wasm", "\0asm\x01\0\0\0"),
    ];

    public static ActiveValue? Find(string name) => All.Append(Barrier).FirstOrDefault(value => value.Name == name);

    public byte[] Bytes(int port) => Encoding.Latin1.GetBytes(Text.Replace(
        "RAN", string.Create(CultureInfo.InvariantCulture, $"http://evil.example:{port}/page/ran/{Name}"), StringComparison.Ordinal));
}
