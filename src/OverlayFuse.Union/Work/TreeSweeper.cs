using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Removes all that a directory of ours holds, trees of any depth with names of any bytes. What somebody else removes meanwhile is removed.</summary>
internal static class TreeSweeper
{
    /// <summary>Empties <paramref name="top"/>. On an error <paramref name="failed"/> is the name under it that could not be removed.</summary>
    public static Errno Empty(DirFd top, out byte[] failed)
    {
        failed = [];
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(top, names);
        if (error != Errno.None) return error;

        // Directories that are not empty move up to the top: neither descriptors nor stack grow with the depth of a tree.
        var moves = 0UL;
        while (names.Count > 0)
        {
            failed = names[^1];
            names.RemoveAt(names.Count - 1);
            error = Remove(top, failed);
            if (error == Errno.NOTEMPTY) error = Unfold(top, failed, names, ref moves);
            if (error != Errno.None) return error;
        }
        return Errno.None;
    }

    /// <summary>Removes one directory after taking out what it holds; directories inside are added to <paramref name="names"/> under new names.</summary>
    private static Errno Unfold(DirFd top, ReadOnlySpan<byte> name, List<byte[]> names, ref ulong moves)
    {
        var error = OwnDirectory.Open(top, name, out var directory);
        if (error != Errno.None) return Gone(error);

        var inside = new List<byte[]>();
        error = DirectoryNames.Read(directory, inside);
        foreach (var entry in inside)
        {
            if (error != Errno.None) break;
            error = Remove(directory, entry);
            if (error == Errno.NOTEMPTY) error = MoveUp(directory, entry, top, names, ref moves);
        }
        directory.Close();
        return error != Errno.None ? error : Gone(Syscall.RmdirAt(top, name));
    }

    private static Errno Gone(Errno error) => error == Errno.NOENT ? Errno.None : error;

    private static Errno MoveUp(DirFd from, ReadOnlySpan<byte> name, DirFd top, List<byte[]> names, ref ulong moves)
    {
        // An ordinary user may move a directory only while it is writable, its ".." being changed.
        var error = OwnDirectory.Open(from, name, out var opened);
        opened.Close();
        while (error == Errno.None)
        {
            var free = Encoding.ASCII.GetBytes($"#swept{moves++:x}");
            error = Syscall.RenameAt2(from, name, top, free, RenameFlags.None);
            if (error is Errno.NOTEMPTY or Errno.EXIST or Errno.NOTDIR)
            {
                error = Errno.None; // that name is taken by what is still to be swept
                continue;
            }
            if (error == Errno.None) names.Add(free);
            return Gone(error);
        }
        return Gone(error);
    }

    /// <summary>NOTEMPTY: a directory that still holds something.</summary>
    private static Errno Remove(DirFd directory, ReadOnlySpan<byte> name)
    {
        var error = Syscall.UnlinkAt(directory, name);
        if (error is Errno.ISDIR or Errno.PERM)
        {
            var asDirectory = Syscall.RmdirAt(directory, name);
            if (asDirectory == Errno.EXIST) return Errno.NOTEMPTY;
            return asDirectory == Errno.NOTDIR ? error : Gone(asDirectory);
        }
        return Gone(error);
    }
}
