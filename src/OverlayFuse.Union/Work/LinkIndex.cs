using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The copies of lower objects that have several names: WORKDIR/overlayfuse/links/LAYER-INODE (hexadecimal) is one more link to the
/// copy, found by every name of the lower object, so that the copy-up of one name does not part it from the others.
/// </summary>
internal sealed class LinkIndex
{
    /// <summary>Room for any name in the index.</summary>
    public const int NameSize = 8 + 1 + 16;

    private readonly DirFd _links;
    private readonly HashSet<LayerInode> _present = [];

    // Leaf. Protects: _present.
    private readonly Lock _lock = new();

    private LinkIndex(DirFd links) => _links = links;

    public static Errno Open(DirFd links, out LinkIndex index)
    {
        index = new LinkIndex(links);
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(links, names);
        foreach (var name in names)
        {
            if (TryParse(name, out var key)) index._present.Add(key);
        }
        return error;
    }

    public bool Contains(int layer, ulong inode)
    {
        lock (_lock) return _present.Contains(new LayerInode(layer, inode));
    }

    /// <summary>Writes the name under which the index has an object, and returns its length.</summary>
    public int NameOf(int layer, ulong inode, Span<byte> name)
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
