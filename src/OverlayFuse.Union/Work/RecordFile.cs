using System.Buffers;
using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// A file of records that only grows: eight bytes that name the format, then records, each a CRC-32C (of what follows it), a length
/// and a payload. What a crash tore off at the end is dropped at the next opening. The owner serialises all calls.
/// </summary>
internal sealed class RecordFile : IDisposable
{
    public const int MagicLength = 8;

    /// <summary>CRC-32C u32, length u16; little endian.</summary>
    public const int FrameLength = 6;

    private const int StackSize = 256;

    private readonly DirFd _directory;
    private readonly byte[] _name;
    private readonly byte[] _magic;
    private Fd _file = Fd.None;
    private long _length;
    private bool _isDirty; // what an earlier daemon has written may be in the page cache only, too
    private bool _hasFailed; // a sync: the kernel tells it once, and then takes the pages for clean

    private RecordFile(DirFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> magic)
    {
        _directory = directory;
        _name = name.ToArray();
        _magic = magic.ToArray();
    }

    /// <summary>Opens or makes the file and gives what it holds. PROTONOSUPPORT: it has another format.</summary>
    public static Errno Open(DirFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> magic, out RecordFile file, out RecordReader records)
    {
        file = new RecordFile(directory, name, magic);
        records = default;
        var error = Syscall.OpenAt(directory, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, Mode.OwnerReadWrite, out file._file);
        if (error == Errno.None) error = file.Load(out records);
        if (error != Errno.None) file.Dispose();
        return error;
    }

    /// <summary>
    /// Reads without changing anything. PROTONOSUPPORT: another format. Where <paramref name="good"/> is less than the length of
    /// <paramref name="content"/>, a record there is torn, and an opening would drop what follows.
    /// </summary>
    public static Errno Inspect(DirFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> magic, out byte[] content, out int good)
    {
        content = [];
        good = 0;
        var error = Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out var file);
        if (error != Errno.None) return error;
        error = Syscall.Stat(file, out var status);
        if (error == Errno.None && status.Size > int.MaxValue) error = Errno.FBIG;
        if (error == Errno.None)
        {
            content = new byte[(int)status.Size];
            error = Syscall.PRead(file, content, 0, out var count);
            content = content[..count];
        }
        file.Close();
        if (error != Errno.None || IsNothing(content)) return error;
        if (!content.AsSpan(0, MagicLength).SequenceEqual(magic)) return Errno.PROTONOSUPPORT;
        var records = new RecordReader(content.AsSpan(MagicLength));
        while (records.MoveNext()) { }
        good = MagicLength + records.Passed;
        return Errno.None;
    }

    /// <summary>The good records of a file that is not to be changed; none where it cannot be read.</summary>
    public static RecordReader ReadAll(DirFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> magic) =>
        Inspect(directory, name, magic, out var content, out var good) == Errno.None && good > 0 ? new RecordReader(content.AsSpan(MagicLength, good - MagicLength)) : default;

    /// <summary>Adds a record. After an error nothing of it counts: the next one is written over it.</summary>
    public Errno Append(ReadOnlySpan<byte> payload)
    {
        var length = FrameLength + payload.Length;
        var frame = length <= StackSize ? stackalloc byte[StackSize] : new byte[length];
        Frame(payload, frame);
        return AppendAll(frame[..length]);
    }

    /// <summary>As <see cref="Append(ReadOnlySpan{byte})"/>, of records made by the other one.</summary>
    public Errno AppendAll(ReadOnlySpan<byte> records)
    {
        var error = Syscall.PWrite(_file, records, _length, out _);
        if (error != Errno.None) return error;

        _length += records.Length;
        _isDirty = true;
        return Errno.None;
    }

    /// <summary>Adds a record to what <see cref="Replace"/> or <see cref="AppendAll"/> will write.</summary>
    public static void Append(ArrayBufferWriter<byte> records, ReadOnlySpan<byte> payload)
    {
        Frame(payload, records.GetSpan(FrameLength + payload.Length));
        records.Advance(FrameLength + payload.Length);
    }

    /// <summary>Puts other records in place of all, at one stroke: the old file stands until the new one is whole and on disk.</summary>
    public Errno Replace(ReadOnlySpan<byte> records)
    {
        byte[] newName = [.. _name, .. ".new"u8];
        var error = Syscall.OpenAt(_directory, newName, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow, Mode.OwnerReadWrite, out var replacement);
        if (error != Errno.None) return error;

        error = Syscall.PWrite(replacement, _magic, 0, out _);
        if (error == Errno.None) error = Syscall.PWrite(replacement, records, MagicLength, out _);
        if (error == Errno.None) error = Syscall.FDataSync(replacement);
        if (error == Errno.None) error = Syscall.RenameAt2(_directory, newName, _directory, _name, RenameFlags.None);
        if (error != Errno.None)
        {
            replacement.Close();
            _ = Syscall.UnlinkAt(_directory, newName);
            return error;
        }
        _file.Close();
        _file = replacement;
        _length = MagicLength + records.Length;
        return Errno.None;
    }

    /// <summary>Makes the records safe against power loss; free of cost when none came since.</summary>
    public Errno Sync()
    {
        if (!_isDirty) return Errno.None;
        var error = _hasFailed ? WriteAgain() : Errno.None;
        if (error == Errno.None) error = Syscall.FDataSync(_file);
        _isDirty = _hasFailed = error != Errno.None;
        return error;
    }

    /// <summary>What <see cref="WriteBack"/> met, with nobody else in here: the next sync writes all records once more.</summary>
    public void Distrust() => _isDirty = _hasFailed = true;

    private Errno WriteAgain()
    {
        var content = new byte[_length];
        var error = Syscall.PRead(_file, content, 0, out var count);
        if (error == Errno.None && count < content.Length) error = Errno.IO;
        return error == Errno.None ? Syscall.PWrite(_file, content, 0, out _) : error;
    }

    /// <summary>Has the kernel begin to write the records to the disk, so that whoever syncs them has less to wait for. Best effort.</summary>
    public void BeginWriteback() => _ = Syscall.BeginWriteback(_file);

    /// <summary>sync_file_range(2) of all: nothing is committed. By any thread, unlike the others, while nothing is added.</summary>
    public Errno WriteBack() => Syscall.WriteBack(_file);

    public void Dispose()
    {
        _file.Close();
        _file = Fd.None;
    }

    // What a loss of power may have left of a file that was never synced: too few bytes, or zeros.
    private static bool IsNothing(ReadOnlySpan<byte> content) => content.Length < MagicLength || !content[..MagicLength].ContainsAnyExcept((byte)0);

    private Errno Load(out RecordReader records)
    {
        records = default;
        var error = Syscall.Stat(_file, out var status);
        if (error != Errno.None) return error;
        if (status.Size > int.MaxValue) return Errno.FBIG;

        var content = new byte[(int)status.Size];
        error = Syscall.PRead(_file, content, 0, out var count);
        if (error != Errno.None) return error;
        if (IsNothing(content.AsSpan(0, count))) return Begin();
        if (!content.AsSpan(0, MagicLength).SequenceEqual(_magic)) return Errno.PROTONOSUPPORT;

        var all = content.AsSpan(MagicLength, count - MagicLength);
        var reader = new RecordReader(all);
        while (reader.MoveNext()) { }
        records = new RecordReader(all[..reader.Passed], isChecked: true);
        _length = MagicLength + reader.Passed;
        _isDirty = reader.Passed > 0;
        return _length < count ? Syscall.Truncate(_file, _length) : Errno.None;
    }

    /// <summary>Writes the first bytes of a file that has none, or that was cut off while they were written.</summary>
    private Errno Begin()
    {
        var error = Syscall.Truncate(_file, 0);
        if (error == Errno.None) error = Syscall.PWrite(_file, _magic, 0, out _);
        _length = MagicLength;
        return error;
    }

    private static void Frame(ReadOnlySpan<byte> payload, Span<byte> frame)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(frame[4..], (ushort)payload.Length);
        payload.CopyTo(frame[FrameLength..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Crc32C.Of(frame[4..(FrameLength + payload.Length)]));
    }
}
