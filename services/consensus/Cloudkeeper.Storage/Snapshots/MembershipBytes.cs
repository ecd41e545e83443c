using System.Text;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The members in the header of a snapshot file.</summary>
/// <remarks>
/// <code>
/// version, 1 | count, 2 | count times: id, 4 | flags, 1 (1 voter, 2 outgoing voter) | length, 2 | address in UTF-8
/// </code>
/// </remarks>
internal static class MembershipBytes
{
    private const byte Version = 1;
    private const byte Voter = 1;
    private const byte OutgoingVoter = 2;
    private const int MemberBytes = 7;

    public static int SizeOf(Membership membership) =>
        3 + membership.Members.Sum(m => MemberBytes + Encoding.UTF8.GetByteCount(m.Address));

    public static void Write(Membership membership, ref SpanWriter writer)
    {
        writer.Byte(Version);
        writer.UInt16(checked((ushort)membership.Members.Count));
        foreach (var member in membership.Members)
        {
            var address = Encoding.UTF8.GetBytes(member.Address);
            writer.Int32(member.Id.Value);
            writer.Byte((byte)((member.IsVoter ? Voter : 0) | (member.IsOutgoingVoter ? OutgoingVoter : 0)));
            writer.UInt16(checked((ushort)address.Length));
            writer.Bytes(address);
        }
    }

    /// <exception cref="InvalidDataException">Not a membership.</exception>
    public static Membership Read(ref SpanReader reader)
    {
        var version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"unknown membership version {version}");
        }

        var members = new List<Member>();
        for (var count = reader.UInt16(); count > 0; count--)
        {
            var id = new NodeId(reader.Int32());
            var flags = reader.Byte();
            var address = Encoding.UTF8.GetString(reader.Bytes(reader.UInt16()));
            if (members.Exists(m => m.Id == id))
            {
                throw new InvalidDataException($"member {id} twice");
            }

            members.Add(new Member(id, address, (flags & Voter) != 0, (flags & OutgoingVoter) != 0));
        }

        return new Membership(members);
    }
}
