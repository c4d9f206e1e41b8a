using System.Buffers.Binary;

namespace OverlayFuse.Linux;

/// <summary>The entries in a buffer that getdents64(2) filled (struct linux_dirent64), one after the other, "." and ".." among them.</summary>
public ref struct DirectoryEntries(ReadOnlySpan<byte> buffer)
{
    private const int InodeOffset = 0;
    private const int RecordLengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private ReadOnlySpan<byte> _rest = buffer;

    public ReadOnlySpan<byte> Name { get; private set; }

    public ulong Inode { get; private set; }

    /// <summary>The type, <see cref="FileType.None"/> where the file system does not tell.</summary>
    public FileType Type { get; private set; }

    public bool IsDotOrDotDot => Name is [(byte)'.'] or [(byte)'.', (byte)'.'];

    /// <summary>Goes to the next entry; false at the end of the buffer.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < NameOffset) return false;

        var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[RecordLengthOffset..]);
        var name = _rest[NameOffset..length];
        Inode = BinaryPrimitives.ReadUInt64LittleEndian(_rest[InodeOffset..]);
        Type = (FileType)(_rest[TypeOffset] << 12);
        Name = name[..name.IndexOf((byte)0)];
        _rest = _rest[length..];
        return true;
    }
}
