using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Cloudkeeper.Raft;

/// <summary>The bytes of a <see cref="Membership"/>, as the payload of its log entry and inside snapshots.</summary>
/// <remarks>
/// <code>
/// version u8 = 1 | members u16 | member*          all numbers little endian
/// member: id i32 | flags u8 (1 voter, 2 outgoing voter) | address length u16 | address in UTF-8
/// </code>
/// There is one encoding of each membership: members in order of id, nothing behind the last.
/// </remarks>
public static class MembershipCodec
{
    public const int MembersMax = 1000;
    public const int AddressBytesMax = 1024;

    private const byte Version = 1;
    private const int HeaderSize = 3;
    private const int MemberSize = 7;
    private const byte VoterFlag = 1;
    private const byte OutgoingVoterFlag = 2;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static byte[] Encode(Membership membership)
    {
        ArgumentNullException.ThrowIfNull(membership);
        Invariant.Require(membership.Members.Count <= MembersMax);
        var bytes = new byte[HeaderSize + membership.Members.Sum(m => MemberSize + StrictUtf8.GetByteCount(m.Address))];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)membership.Members.Count);
        var rest = bytes.AsSpan(HeaderSize);
        foreach (var member in membership.Members)
        {
            rest = rest[Write(member, rest)..];
        }

        return bytes;
    }

    /// <summary>False for anything that <see cref="Encode"/> could not have written.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Membership? membership)
    {
        membership = null;
        if (bytes.Length < HeaderSize || bytes[0] != Version)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        if (count > MembersMax || bytes.Length < HeaderSize + (count * MemberSize))
        {
            return false;
        }

        var rest = bytes[HeaderSize..];
        var members = new List<Member>(count);
        for (var i = 0; i < count; i++)
        {
            if (!TryRead(ref rest, out var member) || (i > 0 && member.Id.Value <= members[^1].Id.Value))
            {
                return false;
            }

            members.Add(member);
        }

        membership = rest.IsEmpty ? new Membership(members) : null;
        return membership is not null;
    }

    private static int Write(Member member, Span<byte> to)
    {
        var flags = (member.IsVoter ? VoterFlag : 0) | (member.IsOutgoingVoter ? OutgoingVoterFlag : 0);
        BinaryPrimitives.WriteInt32LittleEndian(to, member.Id.Value);
        to[4] = (byte)flags;
        var length = StrictUtf8.GetBytes(member.Address, to[MemberSize..]);
        Invariant.Require(length <= AddressBytesMax);
        BinaryPrimitives.WriteUInt16LittleEndian(to[5..], (ushort)length);
        return MemberSize + length;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> from, [NotNullWhen(true)] out Member? member)
    {
        member = null;
        if (from.Length < MemberSize)
        {
            return false;
        }

        var flags = from[4];
        var length = BinaryPrimitives.ReadUInt16LittleEndian(from[5..]);
        if (flags > (VoterFlag | OutgoingVoterFlag) || length > AddressBytesMax || from.Length < MemberSize + length
            || !TryReadUtf8(from.Slice(MemberSize, length), out var address))
        {
            return false;
        }

        var id = new NodeId(BinaryPrimitives.ReadInt32LittleEndian(from));
        member = new Member(id, address, (flags & VoterFlag) != 0, (flags & OutgoingVoterFlag) != 0);
        from = from[(MemberSize + length)..];
        return true;
    }

    private static bool TryReadUtf8(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(bytes) ? StrictUtf8.GetString(bytes) : null;
        return text is not null;
    }
}
