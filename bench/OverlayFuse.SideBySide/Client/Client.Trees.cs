using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

// Whole trees: what find, ls, chmod -R, rm -r and mv do.
internal static partial class Client
{
    private const int ListingSize = 32 << 10; // as the C library reads directories

    private delegate void EntryAction(DirFd directory, ReadOnlySpan<byte> name, bool isDirectory);

    /// <summary>find -ls: lists every directory and asks for the attributes of each entry, of which there must be so many.</summary>
    public static void WalkAndStat(DirFd root, int expected)
    {
        var count = 0;
        // Not the descriptor that we were given: it may stand at the end of the listing.
        var top = OpenDirectory(root, "."u8);
        Walk(top, (directory, name, _) =>
        {
            Expect(StatListed(directory, name), "lstat");
            count++;
        });
        top.Close();
        Demand(count, expected, "entries were found");
    }

    /// <summary>ls -U: only the names of one directory. With <paramref name="stat"/> as ls -l.</summary>
    public static void List(DirFd root, ReadOnlySpan<byte> path, bool stat, int expected)
    {
        var directory = OpenDirectory(root, path);
        var count = 0;
        Each(directory, (_, name, _) =>
        {
            if (stat) Expect(StatListed(directory, name), "lstat");
            count++;
        });
        directory.Close();
        Demand(count, expected, "entries were listed");
    }

    public static void ChmodTree(DirFd root, ReadOnlySpan<byte> path, uint directoryMode, uint fileMode)
    {
        var top = OpenDirectory(root, path);
        Walk(top, (directory, name, isDirectory) => Expect(Syscall.ChmodAt(directory, name, isDirectory ? directoryMode : fileMode), "chmod"));
        Expect(Syscall.Chmod(top.Fd, directoryMode), "chmod");
        top.Close();
    }

    /// <summary>rm -rf.</summary>
    public static void RemoveTree(DirFd root, ReadOnlySpan<byte> path)
    {
        RemoveContents(root, path);
        Expect(Syscall.RmdirAt(root, path), "rmdir");
    }

    public static void AppendToTree(DirFd root, ReadOnlySpan<byte> path, int expected)
    {
        var count = 0;
        var top = OpenDirectory(root, path);
        Walk(top, (directory, name, isDirectory) =>
        {
            if (isDirectory) return;
            Append(directory, name);
            count++;
        });
        top.Close();
        Demand(count, expected, "files were appended to");
    }

    /// <summary>open, read to the end, close of each file.</summary>
    public static void ReadTree(DirFd root, ReadOnlySpan<byte> path, int? expected = null)
    {
        var count = 0;
        var buffer = new byte[1 << 20];
        var top = OpenDirectory(root, path);
        Walk(top, (directory, name, isDirectory) =>
        {
            if (isDirectory) return;
            ReadWhole(directory, name, buffer);
            count++;
        });
        top.Close();
        Demand(count, expected ?? count, "files were read");
    }

    /// <summary>rename(2), and where that is refused (EXDEV) what mv does then: everything is copied.</summary>
    public static void Move(Place place, string oldName, string newName)
    {
        var error = Syscall.RenameAt2(place.Root, Name.Bytes(oldName), place.Root, Name.Bytes(newName), RenameFlags.None);
        if (error == Errno.XDEV) Programs.Run("mv", $"{place.Path}/{oldName}", $"{place.Path}/{newName}");
        else Expect(error, "rename");
    }

    private static void RemoveContents(DirFd root, ReadOnlySpan<byte> path)
    {
        var directory = OpenDirectory(root, path);
        Each(directory, (_, name, isDirectory) =>
        {
            if (isDirectory) RemoveTree(directory, name);
            else Expect(Syscall.UnlinkAt(directory, name), "unlink");
        });
        directory.Close();
    }

    // The names of a directory, then those of the directories in it.
    private static void Walk(DirFd directory, EntryAction action)
    {
        var below = new List<byte[]>();
        Each(directory, (_, name, isDirectory) =>
        {
            action(directory, name, isDirectory);
            if (isDirectory) below.Add(name.ToArray());
        });
        foreach (var name in below)
        {
            var next = OpenDirectory(directory, name);
            Walk(next, action);
            next.Close();
        }
    }

    private static void Each(DirFd directory, EntryAction action)
    {
        var buffer = new byte[ListingSize];
        while (true)
        {
            Expect(Syscall.GetDents(directory.Fd, buffer, out var length), "listing");
            if (length == 0) return;
            var entries = new DirectoryEntries(buffer.AsSpan(0, length));
            while (entries.MoveNext())
            {
                if (!entries.IsDotOrDotDot) action(directory, entries.Name, entries.Type == FileType.Directory);
            }
        }
    }

    // A listed name has a NUL behind it, which the span leaves out.
    private static Errno StatListed(DirFd directory, ReadOnlySpan<byte> name) => Native.LStat(directory, name);
}
