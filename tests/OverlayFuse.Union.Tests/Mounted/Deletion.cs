using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Takes away what a test has made, whatever its names are: a process that did it would take longer than many a test.</summary>
internal static class Deletion
{
    /// <summary>Deletes a tree, and nothing of another file system that is mounted in it.</summary>
    public static Errno Delete(string path)
    {
        var error = Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var top);
        if (error != Errno.None) return error;
        error = Syscall.Stat(top, out var status);
        if (error == Errno.None) error = Empty(new DirFd(top.Number), status.Device);
        top.Close();
        return error != Errno.None ? error : Syscall.RmdirAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes(path));
    }

    private static Errno Empty(DirFd directory, ulong device)
    {
        var names = new List<(byte[] Name, FileType Type)>();
        var buffer = new byte[8192];
        Errno error;
        int length;
        while ((error = Syscall.GetDents(new Fd(directory.Number), buffer, out length)) == Errno.None && length > 0)
        {
            var entries = new DirectoryEntries(buffer.AsSpan(0, length));
            while (entries.MoveNext())
            {
                if (!entries.IsDotOrDotDot) names.Add((entries.Name.ToArray(), entries.Type));
            }
        }
        foreach (var (name, type) in names)
        {
            if (error == Errno.None) error = type == FileType.Directory ? Directory(directory, name, device) : Syscall.UnlinkAt(directory, name);
        }
        return error;
    }

    private static Errno Directory(DirFd parent, byte[] name, ulong device)
    {
        var error = Syscall.RmdirAt(parent, name); // many are empty
        if (error != Errno.NOTEMPTY) return error;
        error = Syscall.OpenAt(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var opened);
        if (error != Errno.None) return error;
        error = Syscall.Stat(opened, out var status);
        if (error == Errno.None) error = status.Device == device ? Empty(new DirFd(opened.Number), device) : Errno.XDEV;
        opened.Close();
        return error == Errno.None ? Syscall.RmdirAt(parent, name) : error;
    }
}
