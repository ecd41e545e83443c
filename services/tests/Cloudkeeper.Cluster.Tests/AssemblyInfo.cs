// Each test has a cluster of six processes of its own and asserts times: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
