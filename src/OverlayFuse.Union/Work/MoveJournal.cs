using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Names of the upper that a whiteout still has to take. Where rename(2) cannot leave a whiteout behind, a move takes two steps: the
/// object goes, or changes places with the one that it replaces, and then the whiteout comes to the old name. A daemon that dies in
/// between leaves the note, and the next mount does the second step.
/// </summary>
/// <remarks>
/// A note is a symbolic link WORKDIR/overlayfuse/moves/NAME with the target "INODE PATH" (hexadecimal, beneath the upper): what gives
/// way there, or 0 where nothing is any more. The whiteout is WORKDIR/overlayfuse/orphans/NAME. Made, read and removed by one system
/// call each.
/// </remarks>
internal sealed class MoveJournal(DirFd moves, DirFd orphans) : IDisposable
{
    /// <summary>The inode number of a name that has no object.</summary>
    public const ulong Nothing = 0;

    private const int PathMax = 4096;
    private const OpenFlags ByPath = OpenFlags.Path | OpenFlags.NoFollow | OpenFlags.Directory;
    private const ResolveFlags Inside = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoXdev;

    /// <summary>To be called when the whiteout is ready, before anything moves. NAMETOOLONG where the path leaves no room for the rest.</summary>
    /// <param name="inode">Of the object that the move replaces, or <see cref="Nothing"/>.</param>
    /// <param name="path">The old name, from the root of the upper, with a leading slash.</param>
    public Errno Record(ReadOnlySpan<byte> whiteout, ulong inode, ReadOnlySpan<byte> path)
    {
        Span<byte> note = stackalloc byte[PathMax];
        Utf8Formatter.TryFormat(inode, note, out var length, 'x');
        note[length++] = (byte)' ';
        path = path[1..];
        if (path.Length >= PathMax - length) return Errno.NAMETOOLONG;
        path.CopyTo(note[length..]);
        return Syscall.SymlinkAt(note[..(length + path.Length)], moves, whiteout);
    }

    /// <summary>To be called when the whiteout is in its place, or when nothing has moved.</summary>
    public void Done(ReadOnlySpan<byte> whiteout) => _ = Syscall.UnlinkAt(moves, whiteout);

    /// <summary>Finishes the moves that an earlier daemon began beneath <paramref name="upper"/>; before the orphans are swept.</summary>
    /// <param name="widening">Where a directory that its owner may not write is noted meanwhile.</param>
    public Errno Recover(DirFd upper, WidenJournal widening)
    {
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(moves, names);
        foreach (var name in names)
        {
            if (error == Errno.None) error = Finish(name, upper, widening);
        }
        return error;
    }

    /// <summary>Whether a note says what is still to be done beneath <paramref name="upper"/>; nothing is changed.</summary>
    /// <param name="path">The old name, beneath the upper.</param>
    public static bool IsPending(DirFd moves, ReadOnlySpan<byte> name, DirFd upper, out byte[] path)
    {
        Span<byte> note = stackalloc byte[PathMax];
        path = [];
        if (Syscall.ReadLinkAt(moves, name, note, out var length) != Errno.None || !TryParse(note[..length], out var inode, out var old)) return false;
        path = old.ToArray();
        var error = Syscall.OpenAt2(upper, old, OpenFlags.Path | OpenFlags.NoFollow, 0, Inside, out var there);
        if (error == Errno.NOENT) return inode == Nothing;
        if (error != Errno.None) return false;
        error = Syscall.Stat(there, out var status);
        there.Close();
        return error == Errno.None && status.Inode == inode;
    }

    public void Dispose() => moves.Close();

    private Errno Finish(byte[] name, DirFd upper, WidenJournal widening)
    {
        Span<byte> note = stackalloc byte[PathMax];
        var error = Syscall.ReadLinkAt(moves, name, note, out var length);
        if (error != Errno.None) return error == Errno.INVAL ? Errno.None : error; // not a link, so not a note

        if (TryParse(note[..length], out var inode, out var path)) error = Replace(name, inode, upper, path, widening);
        if (error == Errno.None) Done(name);
        return error;
    }

    private Errno Replace(ReadOnlySpan<byte> whiteout, ulong inode, DirFd upper, ReadOnlySpan<byte> path, WidenJournal widening)
    {
        var slash = path.LastIndexOf((byte)'/');
        var parent = path[..Math.Max(slash, 0)];
        var name = path[(slash + 1)..];
        var error = Syscall.OpenAt2(upper, parent.IsEmpty ? "."u8 : parent, ByPath, 0, Inside, out var opened);
        if (error is Errno.NOENT or Errno.NOTDIR or Errno.LOOP or Errno.XDEV) return Errno.None; // the upper was changed by somebody else since
        if (error != Errno.None) return error;
        var directory = new DirFd(opened.Number);

        // Another object: nothing has moved, or the whiteout is there.
        error = Syscall.StatAt(directory, name, cached: false, out var status);
        if (error == Errno.NOENT) (error, status) = (Errno.None, default);
        if (error == Errno.None && status.Inode == inode) error = Put(whiteout, directory, name, inode == Nothing ? RenameFlags.NoReplace : RenameFlags.Exchange, parent, widening);
        opened.Close();
        return error == Errno.NOENT ? Errno.None : error; // somebody has swept the orphans
    }

    private Errno Put(ReadOnlySpan<byte> whiteout, DirFd directory, ReadOnlySpan<byte> name, RenameFlags flags, ReadOnlySpan<byte> path, WidenJournal widening)
    {
        var error = Syscall.RenameAt2(orphans, whiteout, directory, name, flags);
        if (error != Errno.ACCES) return error;
        error = Syscall.StatAt(directory, "."u8, cached: false, out var status);
        if (error != Errno.None) return error;
        error = widening.Record(status.Inode, status.Mode, path, out var ticket);
        if (error != Errno.None) return error;
        error = Syscall.ChmodAt(directory, "."u8, WidenJournal.Wide(status.Mode & Mode.Permissions, FileType.Directory));
        if (error == Errno.None)
        {
            error = Syscall.RenameAt2(orphans, whiteout, directory, name, flags);
            _ = Syscall.ChmodAt(directory, "."u8, status.Mode & Mode.Permissions);
        }
        widening.Done(ticket);
        return error;
    }

    private static bool TryParse(ReadOnlySpan<byte> note, out ulong inode, out ReadOnlySpan<byte> path)
    {
        path = [];
        if (!Utf8Parser.TryParse(note, out inode, out var consumed, 'x') || note.Length <= consumed + 1 || note[consumed] != ' ') return false;
        path = note[(consumed + 1)..];
        return true;
    }
}
