using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The copies of lower objects that have several names: WORKDIR/overlayfuse/links/LAYER-INODE (hexadecimal) is one more link to the
/// copy, found by every name of the lower object, so that the copy-up of one name does not part it from the others.
/// </summary>
internal sealed class LinkIndex
{
    /// <summary>Room for any name in the index, that of a note among them.</summary>
    public const int NameSize = 8 + 1 + 16 + 1;

    private const byte NoteSuffix = (byte)'+';
    private const int NoteSize = 2 * 11 + 1;

    private readonly DirFd _links;
    private readonly HashSet<LayerInode> _present = [];

    // Leaf. Protects: _present.
    private readonly Lock _lock = new();

    private LinkIndex(DirFd links) => _links = links;

    /// <summary>Reads the index, after what an earlier daemon left undone in it is finished.</summary>
    public static Errno Open(DirFd links, MarkFamily family, out LinkIndex index)
    {
        index = new LinkIndex(links);
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(links, names);
        foreach (var name in names)
        {
            if (error == Errno.None && name is [.., NoteSuffix]) error = Finish(links, name, family);
        }
        foreach (var name in names)
        {
            if (error != Errno.None) return error;
            if (TryParse(name, out var key) && !DropUnused(links, name, family)) index._present.Add(key);
        }
        return error;
    }

    /// <summary>
    /// Takes copies out of the index that were never published: those still among the temporary objects of a daemon that died. To be
    /// called before these are swept.
    /// </summary>
    public static Errno DropUnpublished(DirFd links, DirFd temp, MarkFamily family)
    {
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(temp, names);
        var inodes = new HashSet<ulong>();
        foreach (var name in names)
        {
            if (Syscall.StatAt(temp, name, cached: false, out var status) == Errno.None && status.LinkCount > 1 && LinkCount.TryRead(temp, name, family, out _)) inodes.Add(status.Inode);
        }
        if (error != Errno.None || inodes.Count == 0) return error;

        names.Clear();
        error = DirectoryNames.Read(links, names);
        foreach (var name in names)
        {
            if (error == Errno.None && Syscall.StatAt(links, name, cached: false, out var status) == Errno.None && inodes.Contains(status.Inode)) error = Syscall.UnlinkAt(links, name);
        }
        return error;
    }

    /// <summary>
    /// To be called before an object gets a link without the union having a name more, and so its mark another difference. A daemon that
    /// dies between the two leaves the note, and the next mount sets the difference. <see cref="End"/> may fail: a note is good only
    /// while the mark is the one it names, which never comes back.
    /// </summary>
    /// <remarks>A symbolic link, as in the <see cref="WidenJournal"/>: LAYER-INODE+ with the target "COUNT DIFFERENCE", decimal.</remarks>
    public Errno Begin(int layer, ulong inode, int count, int difference)
    {
        Span<byte> buffer = stackalloc byte[NameSize];
        Span<byte> note = stackalloc byte[NoteSize];
        var name = NoteOf(layer, inode, buffer);
        Utf8Formatter.TryFormat(count, note, out var length);
        note[length++] = (byte)' ';
        Utf8Formatter.TryFormat(difference, note[length..], out var digits);
        var error = Syscall.SymlinkAt(note[..(length + digits)], _links, name);
        if (error != Errno.EXIST) return error;
        error = Syscall.UnlinkAt(_links, name);
        return error != Errno.None ? error : Syscall.SymlinkAt(note[..(length + digits)], _links, name);
    }

    public void End(int layer, ulong inode)
    {
        Span<byte> buffer = stackalloc byte[NameSize];
        _ = Syscall.UnlinkAt(_links, NoteOf(layer, inode, buffer));
    }

    /// <summary>Adds what the union may show under names that the upper does not have, as the inode numbers it shows.</summary>
    /// <param name="links">The index, to be read.</param>
    /// <param name="inKernelIndex">What the kernel's has, by inode numbers of the upper; null: not known, so each may be in it.</param>
    public static Errno ReadUnnamed(DirFd links, HashSet<ulong> numbers, HashSet<ulong>? inKernelIndex = null)
    {
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(links, names);
        foreach (var name in names)
        {
            if (!TryParse(name, out var key)) continue;
            if (!LinkCount.TryRead(links, name, MarkFamily.Trusted, out var difference)) difference = LinkCount.Read(links, name, MarkFamily.User);
            var isInBoth = inKernelIndex is null || (Syscall.StatAt(links, name, cached: false, out var status) == Errno.None && inKernelIndex.Contains(status.Inode));
            if (difference + (isInBoth ? 2 : 1) > 0) numbers.Add(key.Number); // a link in an index is no name
        }
        return error;
    }

    public bool Contains(int layer, ulong inode)
    {
        lock (_lock) return _present.Contains(new LayerInode(layer, inode));
    }

    /// <summary>Writes the name under which the index has an object, and returns its length.</summary>
    public static int NameOf(int layer, ulong inode, Span<byte> name)
    {
        Utf8Formatter.TryFormat((uint)layer, name, out var length, 'x');
        name[length++] = (byte)'-';
        Utf8Formatter.TryFormat(inode, name[length..], out var digits, 'x');
        return length + digits;
    }

    /// <summary>linkat(2) of a finished copy into the index. EXIST: another copy was first; that one counts.</summary>
    public Errno Add(int layer, ulong inode, DirFd fromDir, ReadOnlySpan<byte> fromName)
    {
        Span<byte> name = stackalloc byte[NameSize];
        var length = NameOf(layer, inode, name);
        var error = Syscall.LinkAt(fromDir, fromName, _links, name[..length]);
        if (error is not (Errno.None or Errno.EXIST)) return error;

        lock (_lock) _present.Add(new LayerInode(layer, inode));
        return error;
    }

    /// <summary>To be called when the union has no name of the object left; no error where the index has none.</summary>
    public Errno Remove(int layer, ulong inode)
    {
        Span<byte> name = stackalloc byte[NameSize];
        var length = NameOf(layer, inode, name);
        var error = Syscall.UnlinkAt(_links, name[..length]);
        if (error is not (Errno.None or Errno.NOENT)) return error;

        lock (_lock) _present.Remove(new LayerInode(layer, inode));
        return Errno.None;
    }

    private static ReadOnlySpan<byte> NoteOf(int layer, ulong inode, Span<byte> buffer)
    {
        var length = NameOf(layer, inode, buffer);
        buffer[length] = NoteSuffix;
        return buffer[..(length + 1)];
    }

    private static Errno Finish(DirFd links, ReadOnlySpan<byte> note, MarkFamily family)
    {
        Span<byte> target = stackalloc byte[NoteSize];
        var name = note[..^1];
        var error = Syscall.ReadLinkAt(links, note, target, out var length);
        if (error == Errno.INVAL) return Errno.None; // not a link, so not a note
        if (error != Errno.None) return error;
        var isNote = Utf8Parser.TryParse(target[..length], out int count, out var consumed) & Utf8Parser.TryParse(target[Math.Min(consumed + 1, length)..length], out int difference, out _);
        if (isNote && Syscall.StatAt(links, name, cached: false, out var status) == Errno.None && LinkCount.Read(links, name, family) == difference)
            error = LinkCount.Write(links, name, family, count - (int)status.LinkCount);
        return error != Errno.None ? error : Syscall.UnlinkAt(links, note);
    }

    // The union lost the last name, and the daemon died before it took the object out of here.
    private static bool DropUnused(DirFd links, ReadOnlySpan<byte> name, MarkFamily family) =>
        LinkCount.TryRead(links, name, family, out var difference)
        && Syscall.StatAt(links, name, cached: false, out var status) == Errno.None && (int)status.LinkCount + difference <= 0
        && Syscall.UnlinkAt(links, name) == Errno.None;

    /// <summary>Reads a name of the index; false for any other.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out LayerInode key)
    {
        key = default;
        var dash = name.IndexOf((byte)'-');
        if (dash <= 0) return false;
        if (!Utf8Parser.TryParse(name[..dash], out uint layer, out var consumed, 'x') || consumed != dash || layer > InodeNumber.AllocatedLayer) return false;

        var digits = name[(dash + 1)..];
        if (!Utf8Parser.TryParse(digits, out ulong inode, out consumed, 'x') || consumed != digits.Length) return false;
        key = new LayerInode((int)layer, inode);
        return true;
    }
}
