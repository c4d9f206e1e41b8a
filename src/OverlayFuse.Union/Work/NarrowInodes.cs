using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Inode numbers of 32 bits (ino32_t), for programs whose stat(2) has no room for more: 4 bits of layer number above 28 bits of the layer's
/// own inode number where both fit, else allocated once and kept. Only what is shown is narrow; all tables have <see cref="InodeNumber"/>.
/// </summary>
internal sealed class NarrowInodes : IDisposable
{
    private const int LayerShift = 28;
    private const uint AllocatedLayer = 0xF;
    private const uint FirstAllocated = (AllocatedLayer << LayerShift) | 1;
    private const int RecordLength = 12;

    private readonly RecordFile? _file;
    private readonly Dictionary<ulong, uint> _allocated = [];
    private readonly Lock _lock = new(); // leaf; protects _allocated, _next, and _file
    private uint _next = FirstAllocated;

    /// <summary>Numbers that last as long as the mount, for unions without a work directory.</summary>
    public NarrowInodes()
    {
    }

    private NarrowInodes(RecordFile? file, RecordReader records)
    {
        _file = file;
        while (records.MoveNext())
        {
            if (records.Current.Length != RecordLength) continue;
            var narrow = BinaryPrimitives.ReadUInt32LittleEndian(records.Current[8..]);
            if (narrow < FirstAllocated) continue;
            _allocated[BinaryPrimitives.ReadUInt64LittleEndian(records.Current)] = narrow;
            _next = Math.Max(_next, unchecked(narrow + 1));
        }
    }

    public static ReadOnlySpan<byte> Magic => "ofuse-n1"u8;

    public static Errno Open(DirFd directory, out NarrowInodes? numbers)
    {
        var error = RecordFile.Open(directory, "inodes32"u8, Magic, out var file, out var records);
        numbers = error == Errno.None ? new NarrowInodes(file, records) : null;
        return error;
    }

    /// <summary>
    /// What is shown for a number, the same in every mount of this upper. Where the file cannot grow it holds for this mount only, and when
    /// all are given away objects share the last one: a lookup does not fail for want of an inode number.
    /// </summary>
    public uint Of(ulong number)
    {
        var (layer, inode) = InodeNumber.Unpack(number);
        if (layer < AllocatedLayer && inode < 1UL << LayerShift) return ((uint)layer << LayerShift) | (uint)inode;

        lock (_lock)
        {
            if (_allocated.TryGetValue(number, out var narrow)) return narrow;
            narrow = _next;
            if (_next < uint.MaxValue) _next++;
            _allocated.Add(number, narrow);
            if (_file is null) return narrow;

            Span<byte> record = stackalloc byte[RecordLength];
            BinaryPrimitives.WriteUInt64LittleEndian(record, number);
            BinaryPrimitives.WriteUInt32LittleEndian(record[8..], narrow);
            _ = _file.Append(record);
            return narrow;
        }
    }

    public Errno Sync()
    {
        lock (_lock) return _file?.Sync() ?? Errno.None;
    }

    public void Dispose() => _file?.Dispose();
}
