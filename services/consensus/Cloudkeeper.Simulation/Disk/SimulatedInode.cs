namespace Cloudkeeper.Simulation;

/// <summary>The bytes of one simulated file: as the running system sees them, and as a crash may leave them.</summary>
internal sealed class SimulatedInode
{
    private const int SectorBytes = 512;

    private readonly List<Change> _unsynced = [];
    private byte[] _durable = [];
    private byte[] _content = [];
    private long _durableLength;

    public long Length { get; private set; }

    public bool HasUnsynced => _unsynced.Count > 0;

    public int Read(long offset, Span<byte> output)
    {
        var count = (int)Math.Clamp(Length - offset, 0, output.Length);
        if (count > 0)
        {
            _content.AsSpan((int)offset, count).CopyTo(output);
        }

        return count;
    }

    /// <summary>The bytes belong to this object from now on.</summary>
    public void Write(long offset, byte[] bytes)
    {
        var change = new Change(offset, bytes);
        _unsynced.Add(change);
        Length = Apply(change, ref _content, Length);
    }

    public void SetLength(long length)
    {
        var change = new Change(length, Bytes: null);
        _unsynced.Add(change);
        Length = Apply(change, ref _content, Length);
    }

    public void Sync()
    {
        foreach (var change in _unsynced)
        {
            _durableLength = Apply(change, ref _durable, _durableLength);
        }

        _unsynced.Clear();
    }

    /// <summary>
    /// A sync that the crash interrupts: any part of the waiting writes is durable now, the rest still waits.
    /// </summary>
    public void SyncPartly(Random random)
    {
        for (var left = random.Next(_unsynced.Count + 1); left > 0; left--)
        {
            var at = random.Next(_unsynced.Count);
            _durableLength = Apply(_unsynced[at], ref _durable, _durableLength);
            _unsynced.RemoveAt(at);
        }
    }

    /// <summary>A sync that failed: the kernel calls the pages clean, and they never reach the disk.</summary>
    public void ForgetUnsynced() => _unsynced.Clear();

    /// <summary>
    /// Bytes change by themselves, on the disk and for its readers: a flipped bit, a lost sector (zeros, which in a
    /// file that is only appended to stood there before, too), or the bytes of another sector.
    /// </summary>
    /// <returns>Where; null: the file has no bytes.</returns>
    public long? Rot(Random random)
    {
        var length = Math.Min(Length, _durableLength);
        if (length == 0)
        {
            return null;
        }

        var at = random.NextInt64(length);
        var start = at / SectorBytes * SectorBytes;
        var count = (int)Math.Min(SectorBytes, length - start);
        switch (random.Next(length > SectorBytes ? 3 : 2))
        {
            case 0:
                Overwrite(at, [(byte)(_content[at] ^ (1 << random.Next(8)))]);
                return at;
            case 1:
                Overwrite(start, new byte[count]);
                return start;
            default:
                var other = random.NextInt64(length) / SectorBytes * SectorBytes;
                Overwrite(start, _content.AsSpan((int)other, (int)Math.Min(count, length - other)));
                return start;
        }
    }

    /// <summary>The file after a crash: each change since the last sync is kept, lost or torn, independently.</summary>
    public SimulatedInode AfterCrash(Random random)
    {
        var after = Copy(_durable, _durableLength);
        foreach (var change in _unsynced)
        {
            foreach (var part in Survivors(change, random))
            {
                after._durableLength = Apply(part, ref after._durable, after._durableLength);
            }
        }

        return Copy(after._durable, after._durableLength);
    }

    public SimulatedInode Fork()
    {
        var copy = Copy(_durable, _durableLength);
        copy._content = _content.AsSpan().ToArray();
        copy.Length = Length;
        copy._unsynced.AddRange(_unsynced);
        return copy;
    }

    private void Overwrite(long offset, ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();
        copy.CopyTo(_content.AsSpan((int)offset));
        copy.CopyTo(_durable.AsSpan((int)offset));
    }

    private static SimulatedInode Copy(byte[] bytes, long length)
    {
        var used = bytes.AsSpan(0, (int)length);
        return new SimulatedInode
        {
            _durable = used.ToArray(),
            _durableLength = length,
            _content = used.ToArray(),
            Length = length,
        };
    }

    private static IEnumerable<Change> Survivors(Change change, Random random)
    {
        if (change.Bytes is not { Length: > 0 } bytes)
        {
            return random.Next(2) == 0 ? [] : [change];
        }

        return random.Next(6) switch
        {
            0 => [],
            1 => [change],
            2 => [new Change(change.Offset, bytes[..random.Next(bytes.Length)])],
            3 => [Extension(change)],
            4 => Sectors(change, random),
            _ => [Extension(change), .. Sectors(change, random)],
        };
    }

    /// <summary>The file has its new length, but zeros instead of the bytes.</summary>
    private static Change Extension(Change change) => new(change.Offset + change.Bytes!.Length, []);

    /// <summary>Any of the sectors of the disk that the write covers.</summary>
    private static IEnumerable<Change> Sectors(Change change, Random random)
    {
        var bytes = change.Bytes!;
        var at = 0;
        while (at < bytes.Length)
        {
            var end = (int)Math.Min(bytes.Length, at + SectorBytes - ((change.Offset + at) % SectorBytes));
            if (random.Next(2) == 0)
            {
                yield return new Change(change.Offset + at, bytes[at..end]);
            }

            at = end;
        }
    }

    private static long Apply(Change change, ref byte[] bytes, long length)
    {
        var end = change.Offset + (change.Bytes?.Length ?? 0);
        if (end > bytes.Length)
        {
            Array.Resize(ref bytes, checked((int)Math.Max(end, Math.Min(bytes.Length * 2L, Array.MaxLength))));
        }

        if (change.Bytes is null)
        {
            bytes.AsSpan((int)end).Clear();
            return end;
        }

        change.Bytes.CopyTo(bytes.AsSpan((int)change.Offset));
        return Math.Max(length, end);
    }

    /// <summary>Bytes written at an offset, or, without bytes, a new length.</summary>
    private sealed record Change(long Offset, byte[]? Bytes);
}
