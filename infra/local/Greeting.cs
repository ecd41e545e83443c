namespace Cloudkeeper.Local;

internal static class Greeting
{
    /// <summary>The first line is for programs that wait for it, the rest is to be pasted.</summary>
    public static string For(string address, string data) => $$"""
        Cloudkeeper is ready at {{address}}

        Write a node, read it, watch it, take a lock:
          curl -X PUT --data 'hello' {{address}}/v1/nodes/greeting
          curl {{address}}/v1/nodes/greeting
          curl -N '{{address}}/v1/watch?path=/greeting&initial=true&values=true'
          curl -X POST --json '{"ttl": "30s", "wait": "10s"}' {{address}}/v1/locks/printer

        Grow it, from another terminal (--help shows more):
          dotnet run --project infra/local -- add node

        Data and logs: {{data}}
        Ctrl-C stops it.

        """;
}
