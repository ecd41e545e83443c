// Each test has a cluster of six processes of its own and measures times: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
