using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The number that the union shows for each object of a layer: packed where that fits, else allocated once and kept.</summary>
internal sealed class InodeNumbers : IDisposable
{
    private const ulong FirstAllocated = ((ulong)InodeNumber.AllocatedLayer << InodeNumber.LayerShift) | 1;
    private const ulong LastAllocated = ((ulong)InodeNumber.AllocatedLayer << InodeNumber.LayerShift) | ((1UL << InodeNumber.LayerShift) - 1);
    private const int RecordLength = 20;

    // Numbers for one mount are set aside so many at a time, in a record of no layer: what was copied up goes on to show its own at later ones.
    private const ulong SetAside = 4096;
    private const int NoLayer = -1;

    private readonly RecordFile? _file;
    private readonly Dictionary<LayerInode, ulong> _allocated = [];

    private readonly Dictionary<ForeignInode, ulong> _foreign = [];

    // Leaf. Protects: _allocated, _foreign, _next, _setAside, and _file.
    private readonly Lock _lock = new();
    private ulong _next = FirstAllocated;
    private ulong _setAside;

    /// <summary>Numbers that last as long as the mount, for unions without a work directory.</summary>
    public InodeNumbers()
    {
    }

    private InodeNumbers(RecordFile? file, RecordReader records)
    {
        _file = file;
        while (records.MoveNext())
        {
            if (records.Current.Length != RecordLength) continue;
            var layer = BinaryPrimitives.ReadInt32LittleEndian(records.Current);
            var inode = BinaryPrimitives.ReadUInt64LittleEndian(records.Current[4..]);
            var number = BinaryPrimitives.ReadUInt64LittleEndian(records.Current[12..]);
            if (number is < FirstAllocated or > LastAllocated) continue;
            _allocated[new LayerInode(layer, inode)] = number;
            _next = Math.Max(_next, number + 1);
        }
    }

    public static ReadOnlySpan<byte> Magic => "ofuse-i1"u8;

    public static Errno Open(DirFd directory, out InodeNumbers? numbers)
    {
        var error = RecordFile.Open(directory, "inodes"u8, Magic, out var file, out var records);
        numbers = error == Errno.None ? new InodeNumbers(file, records) : null;
        return error;
    }

    /// <summary>The numbers that were given out; new ones are not kept.</summary>
    public static InodeNumbers Read(DirFd directory) => new(null, RecordFile.ReadAll(directory, "inodes"u8, Magic));

    /// <summary>
    /// The number of an object, the same in every mount of this upper. OVERFLOW when all are given away. Where the file cannot
    /// grow (no space) the number holds for this mount only: a lookup does not fail for want of an inode number.
    /// </summary>
    public Errno Find(int layer, ulong inode, out ulong number)
    {
        if (InodeNumber.TryPack(layer, inode, out number)) return Errno.None;

        lock (_lock)
        {
            var key = new LayerInode(layer, inode);
            if (_allocated.TryGetValue(key, out number)) return Errno.None;
            if (_next > LastAllocated) return Errno.OVERFLOW;

            number = _next++;
            _allocated.Add(key, number);
            Record(layer, inode, number);
            return Errno.None;
        }
    }

    /// <summary>The number of an object on another device than its layer, the same in this mount, and at no other mount that of another object.</summary>
    public Errno FindElsewhere(in ForeignInode key, out ulong number)
    {
        lock (_lock)
        {
            if (_foreign.TryGetValue(key, out number)) return Errno.None;
            if (_next > LastAllocated) return Errno.OVERFLOW;

            number = _next++;
            _foreign.Add(key, number);
            if (number <= _setAside) return Errno.None;
            _setAside = Math.Min(number + SetAside - 1, LastAllocated);
            Record(NoLayer, 0, _setAside);
            return Errno.None;
        }
    }

    private void Record(int layer, ulong inode, ulong number)
    {
        if (_file is null) return;
        Span<byte> record = stackalloc byte[RecordLength];
        BinaryPrimitives.WriteInt32LittleEndian(record, layer);
        BinaryPrimitives.WriteUInt64LittleEndian(record[4..], inode);
        BinaryPrimitives.WriteUInt64LittleEndian(record[12..], number);
        _ = _file.Append(record);
    }

    public Errno Sync()
    {
        lock (_lock) return _file?.Sync() ?? Errno.None;
    }

    public void Dispose() => _file?.Dispose();
}
