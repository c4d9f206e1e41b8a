using System.Runtime.InteropServices;

namespace OverlayFuse.Conformance;

/// <summary>
/// Random reads and writes of one file in the manner of fsx: through three descriptors, one of them older than every change, through one that
/// appends and one past the page cache, and through mappings, against the same bytes in memory. A seed gives the same calls on every file system.
/// </summary>
internal sealed class ByteSequence
{
    public const int LargestFile = 300_000;

    private const int Punch = 3; // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
    private const int ZeroRange = 0x10;
    private const int Remembered = 12;
    private const int Page = 4096;
    private const int MostPages = 16;

    private readonly Random _random;
    private readonly string _path;
    private readonly int[] _open = new int[3];
    private readonly int _appending;
    private readonly int _direct;
    private readonly byte[] _pages = GC.AllocateUninitializedArray<byte>((MostPages + 1) * Page, pinned: true);
    private readonly Queue<string> _calls = [];
    private byte[] _bytes;

    /// <param name="bytes">What the file holds.</param>
    public ByteSequence(int seed, string path, byte[] bytes)
    {
        _random = new Random(seed);
        _path = path;
        _bytes = bytes;
        _open[0] = Open(path, O_RDONLY).Ok();
        for (var i = 1; i < _open.Length; i++) _open[i] = Open(path, O_RDWR).Ok();
        _appending = Open(path, O_WRONLY | O_APPEND).Ok();
        _direct = Open(path, O_RDWR | O_DIRECT).Ok();
    }

    /// <summary>What the file must hold.</summary>
    public byte[] Bytes => _bytes;

    /// <summary>Content for a file to begin with.</summary>
    public static byte[] Begin(int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(5) == 0 ? 0 : random.Next(LargestFile)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Makes so many calls; what one gave otherwise than the bytes in memory.</summary>
    public string? Run(int calls)
    {
        try
        {
            for (var i = 0; i < calls; i++) Step();
            for (var i = 0; i < _open.Length; i++) Compare(_open[i], 0, LargestFile);
            foreach (var fd in (int[])[.. _open, _appending, _direct]) Close(fd).Ok();
            return null;
        }
        catch (Mismatch mismatch)
        {
            return $"{mismatch.Message}\nafter {string.Join("\n      ", _calls)}";
        }
    }

    private void Step()
    {
        var offset = _random.Next(Math.Min(_bytes.Length + 5000, LargestFile - 1));
        var length = 1 + _random.Next(Math.Min(_random.Next(3) == 0 ? 70_000 : 5000, LargestFile - offset));
        switch (_random.Next(15))
        {
            case 0 or 1 or 2:
                Compare(_open[_random.Next(3)], offset, length);
                break;
            case 3 or 4 or 5:
                Write(offset, Fresh(length));
                break;
            case 6:
                Say($"truncate to {offset}");
                FTruncate(Writable(), offset).Ok();
                Array.Resize(ref _bytes, offset);
                break;
            case 7:
                Zero(_random.Next(2) == 0 ? Punch : ZeroRange, offset, length);
                break;
            case 8:
                Copy(offset, length);
                break;
            case 9:
                MapAndWrite(offset, length);
                break;
            case 10:
                Say("fsync");
                FSync(_open[_random.Next(3)]).Ok();
                break;
            case 11:
                Append(length);
                break;
            case 12:
                Compare(_direct, offset / Page * Page, Pages(length));
                break;
            case 13:
                WriteDirect(offset / Page * Page, Pages(length));
                break;
            default:
                Say("open again");
                ref var fd = ref _open[1 + _random.Next(2)];
                Close(fd).Ok();
                fd = Open(_path, O_RDWR).Ok();
                break;
        }
    }

    private int Writable() => _open[1 + _random.Next(2)];

    private byte[] Fresh(int length)
    {
        var data = new byte[length];
        _random.NextBytes(data);
        return data;
    }

    private void Write(int offset, byte[] data)
    {
        Say($"write {offset}+{data.Length}");
        PWrite(Writable(), data, offset).Gives(data.Length);
        Put(offset, data);
    }

    private void Append(int length)
    {
        length = Math.Min(length, LargestFile - _bytes.Length);
        if (length <= 0) return;
        Say($"append {length} to {_bytes.Length}");
        var data = Fresh(length);
        Calls.Write(_appending, data).Gives(length);
        Put(_bytes.Length, data);
    }

    private void WriteDirect(int offset, Span<byte> pages)
    {
        if (offset + pages.Length > LargestFile) return;
        Say($"write {offset}+{pages.Length} past the cache");
        _random.NextBytes(pages);
        PWrite(_direct, pages, offset).Gives(pages.Length);
        Put(offset, pages);
    }

    // So many whole pages as hold that many bytes, in memory that begins at a page.
    private Span<byte> Pages(int length)
    {
        var start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_pages, 0) & (Page - 1));
        return _pages.AsSpan(start, Math.Min((length + Page - 1) / Page, MostPages) * Page);
    }

    private void Zero(int mode, int offset, int length)
    {
        Say($"{(mode == Punch ? "punch" : "zero")} {offset}+{length}");
        var result = Fallocate(Writable(), mode, offset, length);
        result.Is(None, NOTSUP);
        if (result.Error != None) return;
        if (mode == Punch) length = Math.Max(0, Math.Min(length, _bytes.Length - offset));
        if (length > 0) Put(offset, new byte[length]);
    }

    private void Copy(int from, int length)
    {
        length = Math.Min(length, _bytes.Length - from);
        var to = _random.Next(LargestFile - Math.Max(length, 1));
        if (length <= 0 || Math.Abs(to - from) < length) return;
        Say($"copy {from}+{length} to {to}");
        CopyFileRange(_open[_random.Next(3)], from, Writable(), to, length).Gives(length);
        Put(to, _bytes[from..(from + length)]);
    }

    private void MapAndWrite(int offset, int length)
    {
        length = Math.Min(length, _bytes.Length - offset);
        if (length <= 0) return;
        Say($"map and write {offset}+{length}");
        var data = Fresh(length);
        using var mapping = Map(Writable(), PROT_READ | PROT_WRITE, length: _bytes.Length);
        for (var i = 0; i < length; i++)
        {
            if (mapping[offset + i] != _bytes[offset + i]) throw new Mismatch($"mapped byte {offset + i}: expected {_bytes[offset + i]}, saw {(int)mapping[offset + i]}");
            mapping[offset + i] = (char)data[i];
        }
        if (_random.Next(2) == 0) mapping.Sync();
        Put(offset, data);
    }

    private void Compare(int fd, int offset, int length) => Compare(fd, offset, new byte[length]);

    private void Compare(int fd, int offset, Span<byte> seen)
    {
        Say($"read {offset}+{seen.Length}{(fd == _direct ? " past the cache" : "")}");
        var expected = Math.Clamp(_bytes.Length - offset, 0, seen.Length);
        PRead(fd, seen, offset).Gives(expected);
        var differs = seen[..expected].CommonPrefixLength(_bytes.AsSpan(Math.Min(offset, _bytes.Length), expected));
        if (differs < expected) throw new Mismatch($"byte {offset + differs}: expected {_bytes[offset + differs]}, saw {seen[differs]}");
        Same((ulong)_bytes.Length, FStat(fd).Size);
    }

    private void Put(int offset, ReadOnlySpan<byte> data)
    {
        if (_bytes.Length < offset + data.Length) Array.Resize(ref _bytes, offset + data.Length);
        data.CopyTo(_bytes.AsSpan(offset));
    }

    private void Say(string call)
    {
        if (_calls.Count == Remembered) _calls.Dequeue();
        _calls.Enqueue(call);
    }
}
