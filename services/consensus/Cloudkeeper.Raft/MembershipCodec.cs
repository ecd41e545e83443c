using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Cloudkeeper.Raft;

/// <summary>The bytes of a <see cref="Membership"/>, as the payload of its log entry and inside snapshots.</summary>
/// <remarks>
/// <code>
/// version u8 = 2 | last id i32 | members u16 | member*          all numbers little endian
/// member: id i32 | flags u8 (1 voter, 2 outgoing voter, 4 leaving) | level u16 | instance 16
///         | address length u16 | address in UTF-8
/// </code>
/// Version 1 has no last id, no level and no instance. There is one encoding of each membership: members in order of
/// id, nothing behind the last, and version 1 for one that needs no more.
/// </remarks>
public static class MembershipCodec
{
    public const int MembersMax = 1000;
    public const int AddressBytesMax = 1024;

    private const byte VersionPlain = 1;
    private const byte VersionFull = 2;
    private const int FullHeaderBytes = 7;
    private const byte VoterFlag = 1;
    private const byte OutgoingVoterFlag = 2;
    private const byte LeavingFlag = 4;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static byte[] Encode(Membership membership)
    {
        ArgumentNullException.ThrowIfNull(membership);
        Invariant.Require(membership.Members.Count <= MembersMax);
        var isFull = !IsPlain(membership);
        var bytes = new byte[HeaderBytes(isFull)
            + membership.Members.Sum(m => MemberBytes(isFull) + StrictUtf8.GetByteCount(m.Address))];
        bytes[0] = isFull ? VersionFull : VersionPlain;
        if (isFull)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), membership.LastId.Value);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(
            bytes.AsSpan(HeaderBytes(isFull) - sizeof(ushort)), (ushort)membership.Members.Count);
        var rest = bytes.AsSpan(HeaderBytes(isFull));
        foreach (var member in membership.Members)
        {
            rest = rest[Write(member, isFull, rest)..];
        }

        return bytes;
    }

    /// <summary>False for bytes that <see cref="Encode"/> could not have written.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Membership? membership)
    {
        membership = null;
        if (bytes.IsEmpty || bytes[0] is not (VersionPlain or VersionFull))
        {
            return false;
        }

        var isFull = bytes[0] == VersionFull;
        if (bytes.Length < HeaderBytes(isFull))
        {
            return false;
        }

        var lastId = isFull ? BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]) : 0;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(HeaderBytes(isFull) - sizeof(ushort))..]);
        var rest = bytes[HeaderBytes(isFull)..];
        if (count > MembersMax || rest.Length < count * MemberBytes(isFull) || !TryRead(rest, count, isFull, out var members))
        {
            return false;
        }

        membership = new Membership(members, new NodeId(lastId));
        return IsPlain(membership) != isFull && (!isFull || membership.LastId.Value == lastId);
    }

    private static bool IsPlain(Membership membership) =>
        membership.LastId == (membership.Members.Count > 0 ? membership.Members[^1].Id : default)
        && membership.Members.All(m => m is { Level: 0, IsLeaving: false } && m.Instance == Guid.Empty);

    private static int HeaderBytes(bool isFull) => isFull ? FullHeaderBytes : 3;

    private static int MemberBytes(bool isFull) => isFull ? 25 : 7;

    private static int Write(Member member, bool isFull, Span<byte> to)
    {
        var flags = (member.IsVoter ? VoterFlag : 0)
            | (member.IsOutgoingVoter ? OutgoingVoterFlag : 0)
            | (member.IsLeaving ? LeavingFlag : 0);
        var fixedBytes = MemberBytes(isFull);
        BinaryPrimitives.WriteInt32LittleEndian(to, member.Id.Value);
        to[4] = (byte)flags;
        if (isFull)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to[5..], checked((ushort)member.Level));
            member.Instance.TryWriteBytes(to[7..]);
        }

        var length = StrictUtf8.GetBytes(member.Address, to[fixedBytes..]);
        Invariant.Require(length <= AddressBytesMax);
        BinaryPrimitives.WriteUInt16LittleEndian(to[(fixedBytes - sizeof(ushort))..], (ushort)length);
        return fixedBytes + length;
    }

    private static bool TryRead(
        ReadOnlySpan<byte> from, int count, bool isFull, [NotNullWhen(true)] out List<Member>? members)
    {
        members = new List<Member>(count);
        for (var i = 0; i < count; i++)
        {
            if (!TryRead(ref from, isFull, out var member) || (i > 0 && member.Id.Value <= members[^1].Id.Value))
            {
                return false;
            }

            members.Add(member);
        }

        return from.IsEmpty;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> from, bool isFull, [NotNullWhen(true)] out Member? member)
    {
        member = null;
        var fixedBytes = MemberBytes(isFull);
        if (from.Length < fixedBytes)
        {
            return false;
        }

        var flags = from[4];
        var flagsMax = VoterFlag | OutgoingVoterFlag | (isFull ? LeavingFlag : 0);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(from[(fixedBytes - sizeof(ushort))..]);
        if (flags > flagsMax || length > AddressBytesMax || from.Length < fixedBytes + length
            || !TryReadUtf8(from.Slice(fixedBytes, length), out var address))
        {
            return false;
        }

        var id = new NodeId(BinaryPrimitives.ReadInt32LittleEndian(from));
        member = new Member(id, address, (flags & VoterFlag) != 0, (flags & OutgoingVoterFlag) != 0)
        {
            IsLeaving = (flags & LeavingFlag) != 0,
            Level = isFull ? BinaryPrimitives.ReadUInt16LittleEndian(from[5..]) : 0,
            Instance = isFull ? new Guid(from.Slice(7, 16)) : Guid.Empty,
        };
        from = from[(fixedBytes + length)..];
        return true;
    }

    private static bool TryReadUtf8(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(bytes) ? StrictUtf8.GetString(bytes) : null;
        return text is not null;
    }
}
