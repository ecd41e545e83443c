using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Sessions;

/// <summary>Bytes of a batch of keepalives and of its answers.</summary>
public static class KeepaliveCodec
{
    private const byte Version = 1;

    /// <summary>Session, status, remaining time, revision.</summary>
    private const int ResultBytes = sizeof(long) + sizeof(byte) + sizeof(long) + sizeof(long);

    public static void WriteSessions(IBufferWriter<byte> output, IReadOnlyList<SessionId> sessions)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        output.WriteByte(Version);
        output.WriteCount(sessions.Count);
        foreach (var session in sessions)
        {
            output.WriteInt64(session.Value);
        }
    }

    /// <exception cref="WireFormatException">Not a batch of keepalives.</exception>
    public static SessionId[] ReadSessions(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        reader.RequireVersion(Version, "Keepalives");
        var sessions = new SessionId[reader.ReadCount(Limits.BatchItemsMax, sizeof(long))];
        for (var i = 0; i < sessions.Length; i++)
        {
            sessions[i] = new SessionId(reader.ReadInt64());
        }

        reader.RequireEnd();
        return sessions;
    }

    public static void WriteResults(IBufferWriter<byte> output, IReadOnlyList<KeepaliveResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        output.WriteByte(Version);
        output.WriteCount(results.Count);
        foreach (var result in results)
        {
            output.WriteInt64(result.Session.Value);
            output.WriteByte((byte)result.Status);
            output.WriteInt64(result.ExpiresInMilliseconds);
            output.WriteInt64(result.Revision.Value);
        }
    }

    /// <exception cref="WireFormatException">Not the answers to a batch of keepalives.</exception>
    public static KeepaliveResult[] ReadResults(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        reader.RequireVersion(Version, "Keepalives");
        var results = new KeepaliveResult[reader.ReadCount(Limits.BatchItemsMax, ResultBytes)];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = new KeepaliveResult(
                new SessionId(reader.ReadInt64()),
                reader.ReadEnum(KeepaliveStatus.Unknown),
                reader.ReadInt64())
            {
                Revision = new Revision(reader.ReadInt64()),
            };
        }

        reader.RequireEnd();
        return results;
    }
}
