namespace Cloudkeeper.LoadGenerator;

/// <summary>What <c>--help</c> prints.</summary>
internal static class Usage
{
    public const string Text = """
        Closed-loop load over plain HTTP/1.1: each connection has one request in flight.

          loadgenerator [run]     measures the targets
          loadgenerator baseline  measures a bare minimal API, and the same behind bare YARP, then the targets:
                                  the ceiling of the HTTP path, as ratios within one run
          loadgenerator compare   measures three members of Debian's zookeeper (durable defaults), then the targets
          loadgenerator check     readers, writers and watchers on the same keys through all targets: every read must be
                                  as new as anything known before it was sent, every write told once and in order to
                                  every watcher, whatever breaks meanwhile
          loadgenerator watch     opens many event streams on the first target, waits, then writes: memory a watcher,
                                  processor time at rest, time from a write to the last watcher

          --target [NAME=]URL     a gateway or proxy, http://host:port; may be repeated
          --operations LIST       write,read,stale,mix90                                  (write,read,stale)
                                  write: PUT over existing keys    read: linearizable GET
                                  stale: GET consistency=stale     mix90: 90 % read, 10 % write
          --connections LIST      connections, one line of results each                   (1,16,64,256; else 64)
          --duration TIME         measured time of a line: 500ms, 5s, 1m                  (5s; watch: 20s)
          --warmup TIME           before it, not counted                                  (2s)
          --rounds N              repetitions, targets in turn; medians are reported      (1; baseline, compare: 3)
                                  (several: after one more that does not count)
          --value-size BYTES      of a written value, at most 1048576                     (100)
          --keys N                how many nodes are written and read                     (10000)
          --paths N               watch: different paths that they watch between them     (1)
          --streams N             watch: over HTTP/2, so many on a connection             (HTTP/1.1, a connection each)
          --rate N                requests a second, of all connections together          (as fast as answered)
                                  watch: writes a second, to the paths in turn            (2)
          --processes LIST        NAME=PID,... whose CPU time is split per operation
                                  (found by command line: Cloudkeeper.Node, .Gateway, .Proxy)
          --reads N, --events N   check: until so many reads and events are checked       (100000)
          --writers N             check: connections that write; --connections read       (8, 32)
          --watchers N            check: streams that watch all keys; --keys is 100       (16)
                                  watch: streams                                          (10000)
          --json FILE             the results as JSON too

        CPU columns are microseconds of processor time per operation, user and system, one column a process;
        "generator" is this program itself.
        """;
}
