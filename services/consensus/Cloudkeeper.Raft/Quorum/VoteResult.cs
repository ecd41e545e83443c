namespace Cloudkeeper.Raft.Quorum;

internal enum VoteResult
{
    Pending,
    Won,
    Lost,
}
