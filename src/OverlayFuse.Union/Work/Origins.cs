using System.Buffers;
using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The st_ino that each copied-up object goes on showing, by its inode number in the upper. In the upper itself links and fifos could not carry it.</summary>
/// <remarks>Appends and tombstones; rewritten at opening when most of it is dead.</remarks>
internal sealed class Origins : IDisposable
{
    private const byte Added = 1;
    private const byte Removed = 2;
    private const int RemovedLength = 9;
    private const int AddedLength = 29;
    private const int WorthRewriting = 256;

    private readonly RecordFile? _file;
    private readonly Dictionary<ulong, Origin> _origins = [];

    // Leaf. Protects: _origins and _file.
    private readonly Lock _lock = new();

    /// <summary>No records, and none that are kept.</summary>
    public Origins()
    {
    }

    private Origins(RecordFile? file, RecordReader records, out int recordCount)
    {
        _file = file;
        recordCount = 0;
        _origins.EnsureCapacity(records.Remaining / (AddedLength + RecordFile.FrameLength));
        for (; records.MoveNext(); recordCount++)
        {
            var record = records.Current;
            if (record.Length < RemovedLength) continue;
            var inode = BinaryPrimitives.ReadUInt64LittleEndian(record[1..]);
            if (record[0] == Removed) _origins.Remove(inode);
            if (record[0] == Added && record.Length == AddedLength) _origins[inode] = Read(record);
        }
    }

    public static ReadOnlySpan<byte> Magic => "ofuse-o1"u8;

    public static Errno Open(DirFd directory, out Origins? origins)
    {
        origins = null;
        var error = RecordFile.Open(directory, "origins"u8, Magic, out var file, out var records);
        if (error != Errno.None) return error;

        origins = new Origins(file, records, out var recordCount);
        if (recordCount > WorthRewriting && recordCount > 2 * origins._origins.Count)
            _ = origins.Compact(); // on a full disk the long file does as well
        return Errno.None;
    }

    /// <summary>The records there are; changes are not kept.</summary>
    public static Origins Read(DirFd directory) => new(null, RecordFile.ReadAll(directory, "origins"u8, Magic), out _);

    /// <summary>The upper inodes that have a record.</summary>
    public ulong[] Inodes
    {
        get
        {
            lock (_lock) return [.. _origins.Keys];
        }
    }

    public bool TryGet(ulong upperInode, out ulong number)
    {
        lock (_lock)
        {
            var isKnown = _origins.TryGetValue(upperInode, out var origin);
            number = origin.Number;
            return isKnown;
        }
    }

    /// <summary>False where the number belonged to an object that is gone and whose inode the file system gave to another one since.</summary>
    public bool Matches(ulong upperInode, Timestamp birth)
    {
        lock (_lock) return _origins.TryGetValue(upperInode, out var origin) && origin.Birth == birth;
    }

    /// <summary>To be called before the copy becomes visible; an earlier entry for the inode is replaced.</summary>
    public Errno Add(ulong upperInode, Timestamp birth, ulong number)
    {
        Span<byte> record = stackalloc byte[AddedLength];
        var origin = new Origin(number, birth);
        Write(record, upperInode, origin);
        lock (_lock)
        {
            var error = _file?.Append(record) ?? Errno.None;
            if (error == Errno.None) _origins[upperInode] = origin;
            return error;
        }
    }

    /// <summary>As <see cref="Add"/>, but an entry that is there counts, and one that is not to be written is kept for the time of this mount.</summary>
    public Errno Keep(ulong upperInode, Timestamp birth, bool isWritten, ref ulong number)
    {
        Span<byte> record = stackalloc byte[AddedLength];
        var origin = new Origin(number, birth);
        Write(record, upperInode, origin);
        lock (_lock)
        {
            if (_origins.TryGetValue(upperInode, out var known) && known.Birth == birth)
            {
                number = known.Number;
                return Errno.None;
            }
            var error = isWritten && _file is not null ? _file.Append(record) : Errno.None;
            if (error == Errno.None) _origins[upperInode] = origin;
            return error;
        }
    }

    /// <summary>To be called when the last name of an upper object is gone; no error where there is no entry.</summary>
    public Errno Remove(ulong upperInode)
    {
        Span<byte> record = stackalloc byte[RemovedLength];
        record[0] = Removed;
        BinaryPrimitives.WriteUInt64LittleEndian(record[1..], upperInode);
        lock (_lock) return _origins.Remove(upperInode) && _file is not null ? _file.Append(record) : Errno.None;
    }

    public Errno Sync()
    {
        lock (_lock) return _file?.Sync() ?? Errno.None;
    }

    public void Dispose() => _file?.Dispose();

    private Errno Compact()
    {
        var records = new ArrayBufferWriter<byte>((AddedLength + RecordFile.FrameLength) * (_origins.Count + 1));
        Span<byte> record = stackalloc byte[AddedLength];
        foreach (var (inode, origin) in _origins)
        {
            Write(record, inode, origin);
            RecordFile.Append(records, record);
        }
        return _file!.Replace(records.WrittenSpan);
    }

    private static Origin Read(ReadOnlySpan<byte> record) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(record[9..]),
        new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(record[17..]), BinaryPrimitives.ReadUInt32LittleEndian(record[25..])));

    private static void Write(Span<byte> record, ulong inode, Origin origin)
    {
        record[0] = Added;
        BinaryPrimitives.WriteUInt64LittleEndian(record[1..], inode);
        BinaryPrimitives.WriteUInt64LittleEndian(record[9..], origin.Number);
        BinaryPrimitives.WriteInt64LittleEndian(record[17..], origin.Birth.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(record[25..], origin.Birth.Nanoseconds);
    }

    private readonly record struct Origin(ulong Number, Timestamp Birth);
}
