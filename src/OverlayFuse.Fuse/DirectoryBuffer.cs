using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>The listing that READDIR or READDIRPLUS is answered with, filled entry by entry until it is full.</summary>
/// <remarks>
/// An entry of READDIRPLUS that names a node counts as a lookup once it was added. Ask <see cref="RemainingHas"/> before
/// looking a name up, and no lookup has to be taken back for want of room.
/// </remarks>
public ref struct DirectoryBuffer(Span<byte> buffer, bool plus)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>True for READDIRPLUS: only the overload with an <see cref="Entry"/> adds to it; false for READDIR, the other one.</summary>
    public readonly bool IsPlus { get; } = plus;

    /// <summary>Bytes filled so far.</summary>
    public int Length { get; private set; } = 0;

    /// <summary>Whether an entry whose name has <paramref name="nameLength"/> bytes will still fit.</summary>
    public readonly bool RemainingHas(int nameLength) => SizeOf(nameLength) <= _buffer.Length - Length;

    /// <summary>Adds an entry for READDIR. <paramref name="cookie"/> is where the next request goes on: after this entry. False when it does not fit.</summary>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong inode, FileType type, ulong cookie)
    {
        if (IsPlus || !RemainingHas(name.Length)) return false;

        var to = Take(name.Length);
        Write(to, new DirectoryEntry { Inode = inode, Cookie = cookie, NameLength = (uint)name.Length, Type = (uint)type >> 12 });
        name.CopyTo(to[Unsafe.SizeOf<DirectoryEntry>()..]);
        return true;
    }

    /// <summary>
    /// Adds an entry for READDIRPLUS. With <see cref="NodeId.None"/> the kernel only lists the name (as it must be for "."
    /// and ".."); inode number and type are then still taken from the attributes. False when it does not fit.
    /// </summary>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong cookie, in Entry entry)
    {
        if (!IsPlus || !RemainingHas(name.Length)) return false;

        var to = Take(name.Length);
        Write(to, new DirectoryEntryPlus
        {
            Entry = EntryOut.From(entry),
            Dirent = new DirectoryEntry
            {
                Inode = entry.Attributes.Inode,
                Cookie = cookie,
                NameLength = (uint)name.Length,
                Type = (entry.Attributes.Mode & Mode.TypeMask) >> 12,
            },
        });
        name.CopyTo(to[Unsafe.SizeOf<DirectoryEntryPlus>()..]);
        return true;
    }

    private readonly int SizeOf(int nameLength)
    {
        var head = IsPlus ? Unsafe.SizeOf<DirectoryEntryPlus>() : Unsafe.SizeOf<DirectoryEntry>();
        return (head + nameLength + 7) & ~7;
    }

    private Span<byte> Take(int nameLength)
    {
        var size = SizeOf(nameLength);
        var taken = _buffer.Slice(Length, size);
        taken[(size - 8)..].Clear(); // the padding behind the name would show old bytes
        Length += size;
        return taken;
    }

    private static void Write<T>(Span<byte> to, in T value) where T : unmanaged => MemoryMarshal.Write(to, value);
}
