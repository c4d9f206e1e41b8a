using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Where the lower layers, seen as a union of their own, have an object: what a redirect must say.
internal sealed partial class Tree
{
    /// <summary>
    /// The path of a node in the union of the lower layers: its own path, but below what was moved, the path that the redirect there
    /// says. Null where it cannot be told, or is too long for a redirect.
    /// </summary>
    public byte[]? LowerPath(int slot)
    {
        byte[] path = [];
        while (slot != NodeTable.Root && path.Length <= RedirectMark.MaxLength)
        {
            if (LastComponent(slot, out var last, out var isAbsolute, out slot) != Errno.None) return null;
            path = isAbsolute ? [.. last, .. path] : [(byte)'/', .. last, .. path];
            if (isAbsolute) break;
        }
        return path.Length <= RedirectMark.MaxLength ? path : null;
    }

    /// <summary>The path of a name in the union, with a leading slash; of the directory itself where <paramref name="name"/> is empty.</summary>
    public byte[] PathOf(int directory, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[NameSize];
        byte[] path = name.IsEmpty ? [] : [(byte)'/', .. name];
        while (directory != NodeTable.Root && Nodes.TryGetName(directory, buffer, out var length, out directory)) path = [(byte)'/', .. buffer[..length], .. path];
        return path is [] ? "/"u8.ToArray() : path;
    }

    // The name and the mark are read together: a move sets the mark first, and cannot take the name away meanwhile.
    private Errno LastComponent(int slot, out byte[] last, out bool isAbsolute, out int parent)
    {
        last = [];
        isAbsolute = false;
        parent = 0;
        Span<byte> buffer = stackalloc byte[NameSize];
        Span<byte> name = stackalloc byte[NameSize];
        var error = Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            if (!Nodes.TryGetName(slot, name, out var length, out parent)) return Errno.STALE;
            last = name[..length].ToArray();
            if (!place.IsUpper) return Errno.None;
            error = FoundMarks.Read(place.Dir, place.Name, out var marks);
            if (error != Errno.None || !marks.Has(MarkSet.Redirect)) return error;

            Span<byte> redirect = stackalloc byte[RedirectMark.MaxReadLength];
            error = Syscall.GetXattrAt(place.Dir, place.Name, MarkNames.Redirect(marks.FamilyOf(MarkSet.Redirect)), redirect, out length);
            if (error == Errno.None) error = RedirectMark.Parse(redirect[..length], out isAbsolute);
            if (error != Errno.None) return Errno.IO;
            last = redirect[..length].ToArray();
            return Errno.None;
        }
    }
}
