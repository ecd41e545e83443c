using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

public sealed class RandomWishesTests(ITestOutputHelper log)
{
    private const int Seeds = 60;
    private const int Steps = 150;

    [Fact]
    public void Random_requests_and_partitions_all_are_answered_and_the_members_settle()
    {
        var (done, refused) = (0, 0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var run = new Run(seed);
            try
            {
                run.Play();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }

            done += run.Outcomes.Count(o => o.Status == ChangeStatus.Done);
            refused += run.Outcomes.Count(o => o.Status == ChangeStatus.Refused);
        }

        log.WriteLine($"{done} done, {refused} refused");
        Assert.True(done > 10 * Seeds && refused > Seeds);
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly SmallCluster _cluster;
        private readonly HashSet<int> _cut = [];
        private int _asked;
        private int _instances;

        public Run(int seed)
        {
            _random = new Random(seed);
            _instances = _random.Next(1, 6);
            _cluster = new SmallCluster(string.Join(' ', Enumerable.Range(1, _instances).Select(id => $"{id}v")));
        }

        public List<ChangeOutcome> Outcomes { get; } = [];

        public void Play()
        {
            for (var step = 0; step < Steps; step++)
            {
                Act();
            }

            foreach (var id in _cut)
            {
                _cluster.Mend(id);
            }

            _cluster.Until(() => Outcomes.Count == _asked && IsSettled());
        }

        private bool IsSettled()
        {
            if (_cluster.FindLeader() is not { } leader)
            {
                return false;
            }

            // A caller whose answer was lost with its leader would have asked again meanwhile.
            foreach (var member in leader.Membership.Members.Where(m => !_cluster.Has(m.Id.Value)))
            {
                _cluster.StartEmpty(member.Id.Value);
            }

            return leader.Membership.Members.All(m => m is { IsVoter: true, IsLeaving: false }
                && _cluster[m.Id.Value].AppliedIndex == leader.LastIndex);
        }

        private void Act()
        {
            switch (_random.Next(12))
            {
                case 0:
                    Ask((replica, reply) => replica.Announce(Newcomer(), Welcome(reply), dryRun: _random.Next(5) == 0));
                    break;
                case 1:
                    NodeId[] ids = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => AnyId())];
                    Ask((replica, reply) => replica.RemoveMembers(ids, dryRun: _random.Next(5) == 0, reply));
                    break;
                case 2:
                    NodeId? target = _random.Next(2) == 0 ? null : AnyId();
                    Ask((replica, reply) => replica.Transfer(target, dryRun: _random.Next(5) == 0, reply));
                    break;
                case 3:
                    CutOrMend();
                    break;
                default:
                    _cluster.Tick();
                    break;
            }
        }

        /// <summary>Mostly to the leader; now and then to any node, or in the middle of a turn.</summary>
        private void Ask(Action<ReplicaNode, Action<ChangeOutcome>> wish)
        {
            var replica = _random.Next(5) > 0 ? _cluster.FindLeader() ?? _cluster[AnyId().Value] : _cluster[AnyId().Value];
            _asked++;
            wish(replica, Outcomes.Add);
            if (_random.Next(3) > 0)
            {
                _cluster.Settle();
            }
        }

        /// <summary>A new node, or one that has lost its disk and would replace what it was.</summary>
        private Announcement Newcomer()
        {
            var isReplacement = _random.Next(3) == 0;
            var address = isReplacement ? AnyId().Value : ++_instances + 100;
            return new Announcement(null, null, Some.InstanceOf(++_instances + 1_000), Some.AddressOf(address), 1, isReplacement);
        }

        /// <summary>A node starts when it has got its id.</summary>
        private Action<ChangeOutcome> Welcome(Action<ChangeOutcome> reply) => outcome =>
        {
            if (outcome is { Status: ChangeStatus.Done, Node: { } id } && !_cluster.Has(id.Value)
                && outcome.Membership?.Find(id) is not null)
            {
                _cluster.StartEmpty(id.Value);
            }

            reply(outcome);
        };

        private void CutOrMend()
        {
            var id = AnyId().Value;
            if (_cut.Remove(id))
            {
                _cluster.Mend(id);
            }
            else if (_cut.Count < 2)
            {
                _cut.Add(id);
                _cluster.Cut(id);
            }
        }

        private NodeId AnyId() => new(_cluster.Ids[_random.Next(_cluster.Ids.Count)]);
    }
}
