using System.Buffers;
using System.Buffers.Binary;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The small number by which an upper knows each layer it was ever stacked on. Inode numbers are made of it, so it must not change
/// when layers are added, left out or stacked in another order. The upper is 0, lowers are 1 to 32766.
/// </summary>
/// <remarks>Numbers are given out while mounting only, by one thread.</remarks>
internal sealed class LayerNumbers : IDisposable
{
    public const int Last = InodeNumber.AllocatedLayer - 1;

    private readonly RecordFile? _file;
    private readonly Lock _syncing = new(); // leaf
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _numbers =
        new Dictionary<byte[], int>(IdentityComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();

    private readonly HashSet<int> _lasting = []; // numbers whose layer has an identity that stays when its device has another number
    private readonly ArrayBufferWriter<byte> _unwritten = new();
    private int _next = 1;
    private volatile bool _isWrittenBack;
    private volatile bool _hasFailed; // to be written back

    /// <summary>Numbers that last as long as the mount, for unions without a work directory.</summary>
    public LayerNumbers()
    {
    }

    private LayerNumbers(RecordFile? file, RecordReader records)
    {
        _file = file;
        while (records.MoveNext())
        {
            if (records.Current.Length <= 2) continue;
            var number = BinaryPrimitives.ReadUInt16LittleEndian(records.Current);
            if (number is 0 or > Last) continue;
            Learn(records.Current[2..], number);
            _next = Math.Max(_next, number + 1);
        }
    }

    public static ReadOnlySpan<byte> Magic => "ofuse-l1"u8;

    public static Errno Open(DirFd directory, out LayerNumbers? numbers)
    {
        var error = RecordFile.Open(directory, "layers"u8, Magic, out var file, out var records);
        numbers = error == Errno.None ? new LayerNumbers(file, records) : null;
        return error;
    }

    /// <summary>The numbers that were given out; new ones are not kept.</summary>
    public static LayerNumbers Read(DirFd directory) => new(null, RecordFile.ReadAll(directory, "layers"u8, Magic));

    /// <summary>The number of the layer with this <see cref="LayerIdentity"/>. See <see cref="Write"/>.</summary>
    /// <param name="identity">What it is known by.</param>
    /// <param name="former">What it may have been known by; empty: nothing else.</param>
    public int NumberOf(ReadOnlySpan<byte> identity, ReadOnlySpan<byte> former = default)
    {
        if (_numbers.TryGetValue(identity, out var number)) return number;

        // A layer has one such name. If the number has another already, the former name is that of a device which is another disk's by now.
        if (former.IsEmpty || !_numbers.TryGetValue(former, out number) || _lasting.Contains(number)) number = Next();
        if (_file is not null)
        {
            var record = new byte[2 + identity.Length];
            BinaryPrimitives.WriteUInt16LittleEndian(record, (ushort)number);
            identity.CopyTo(record.AsSpan(2));
            RecordFile.Append(_unwritten, record);
        }
        Learn(identity, number);
        return number;
    }

    private int Next()
    {
        if (_next > Last) throw new MountException($"this upper has been stacked on {Last} different layers, and more cannot be told apart: use a new upper");
        return _next++;
    }

    private void Learn(ReadOnlySpan<byte> identity, int number)
    {
        _numbers[identity] = number;
        if (LayerIdentity.IsLasting(identity)) _lasting.Add(number);
    }

    /// <summary>Writes the numbers that were given out, all at once. To be called before anything is mounted.</summary>
    public void Write()
    {
        if (_unwritten.WrittenCount == 0) return;
        var error = _file!.AppendAll(_unwritten.WrittenSpan);
        if (error != Errno.None)
            throw new MountException($"cannot note a layer in the work directory (overlayfuse/layers): {error.Describe()}. Make room there, or give a work " +
                "directory that can be written to.");
        _unwritten.ResetWrittenCount();
        _isWrittenBack = false;
        _file.BeginWriteback();
    }

    /// <summary>Makes the numbers safe against power loss; free of cost when none came since. By any thread.</summary>
    public Errno Sync()
    {
        if (_file is null) return Errno.None;
        lock (_syncing)
        {
            var error = _file.Sync();
            _isWrittenBack |= error == Errno.None;
            return error;
        }
    }

    /// <summary>
    /// As <see cref="Sync"/> where the file system keeps order (<see cref="CommitOrder"/>): what is changed from now on comes to the disk after the numbers.
    /// It waits for no commit of the journal, nor for another thread that does.
    /// </summary>
    public Errno WriteBack()
    {
        if (_file is null || _isWrittenBack) return Errno.None;
        if (_hasFailed) return Sync();
        var error = _file.WriteBack();
        if (error == Errno.None)
        {
            _isWrittenBack = true;
            return Errno.None;
        }
        lock (_syncing) _file.Distrust();
        _hasFailed = true;
        return error;
    }

    public void Dispose() => _file?.Dispose();

    private sealed class IdentityComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly IdentityComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)Crc32C.Of(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
