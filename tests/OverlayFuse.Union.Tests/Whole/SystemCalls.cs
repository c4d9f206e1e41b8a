using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Does what a case says by system calls, in a tree below an open directory: a mount, of ours or of the kernel's.</summary>
/// <remarks>Last components that are links are never followed. A close that fails is the failure of what was done.</remarks>
internal sealed partial class SystemCalls(DirFd root) : IActor, IDisposable
{
    private readonly Dictionary<string, Fd> _open = [];
    private readonly uint _umask = Syscall.Umask(0x12 /* 022 */);

    public Errno Open(string descriptor, string path, OpenFlags flags)
    {
        var error = Syscall.OpenAt(root, At(path), flags | OpenFlags.NoFollow | OpenFlags.NonBlock, 0x1A4, out var fd);
        if (error == Errno.None) _open.Add($"@{descriptor}", fd);
        return error;
    }

    public Errno Close(string descriptor) => _open.Remove($"@{descriptor}", out var fd) ? Syscall.Close(fd) : Errno.BADF;

    public Errno Create(string path, ReadOnlySpan<byte> bytes, uint mode)
    {
        var error = Syscall.OpenAt(root, At(path), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode, out var fd);
        return error != Errno.None ? error : Closing(fd, bytes.Length > 0 ? Syscall.PWrite(fd, bytes, 0, out _) : Errno.None);
    }

    public Errno Mkdir(string path, uint mode) => Syscall.MkdirAt(root, At(path), mode);

    public Errno Symlink(string target, string path) => Syscall.SymlinkAt(LayerText.Bytes(target), root, At(path));

    public Errno Mknod(string path, uint mode, uint major, uint minor) => Syscall.MknodAt(root, At(path), mode, major, minor);

    public Errno Link(string target, string newPath) =>
        target.StartsWith('@') ? Syscall.LinkFd(_open[target], root, At(newPath)) : Syscall.LinkAt(root, At(target), root, At(newPath));

    public Errno Remove(string path, bool isDirectory) => isDirectory ? Syscall.RmdirAt(root, At(path)) : Syscall.UnlinkAt(root, At(path));

    public Errno Rename(string oldPath, string newPath, RenameFlags flags) => Syscall.RenameAt2(root, At(oldPath), root, At(newPath), flags);

    public Errno Write(string target, ReadOnlySpan<byte> bytes, long? offset)
    {
        var error = Reach(target, OpenFlags.WriteOnly, out var fd);
        if (error == Errno.None) error = offset is { } at ? Syscall.PWrite(fd, bytes, at, out _) : Syscall.Write(fd, bytes, out _);
        return Leave(target, fd, error);
    }

    public Errno Read(string target, out byte[] bytes)
    {
        bytes = [];
        var error = Reach(target, OpenFlags.ReadOnly, out var fd);
        if (error == Errno.None && (error = Syscall.Stat(fd, out var status)) == Errno.None)
        {
            bytes = new byte[status.Size];
            var count = 0;
            for (var at = 0; at < bytes.Length && error == Errno.None; at += count)
            {
                error = Syscall.PRead(fd, bytes.AsSpan(at), at, out count);
                if (error == Errno.None && count == 0) throw new EndOfStreamException($"{target}: {bytes.Length} bytes by its size, {at} read");
            }
        }
        return Leave(target, fd, error);
    }

    public Errno Truncate(string target, long size)
    {
        var error = Reach(target, OpenFlags.WriteOnly, out var fd);
        return Leave(target, fd, error == Errno.None ? Syscall.Truncate(fd, size) : error);
    }

    public Errno Allocate(string target, FallocateMode mode, long offset, long length)
    {
        var error = Reach(target, OpenFlags.WriteOnly, out var fd);
        return Leave(target, fd, error == Errno.None ? Syscall.Fallocate(fd, mode, offset, length) : error);
    }

    public Errno Seek(string target, long offset, Whence whence, out long found)
    {
        found = 0;
        var error = Reach(target, OpenFlags.ReadOnly, out var fd);
        return Leave(target, fd, error == Errno.None ? Syscall.LSeek(fd, offset, whence, out found) : error);
    }

    public Errno Copy(string from, string to, long length)
    {
        var error = Reach(from, OpenFlags.ReadOnly, out var source);
        if (error != Errno.None) return error;
        error = Reach(to, OpenFlags.WriteOnly, out var sink);
        if (error == Errno.None) error = Syscall.CopyFileRange(source, 0, sink, 0, (ulong)length, out _);
        return Leave(from, source, Leave(to, sink, error));
    }

    public Errno FSync(string target)
    {
        var error = Reach(target, OpenFlags.ReadOnly, out var fd);
        return Leave(target, fd, error == Errno.None ? Syscall.FSync(fd) : error);
    }

    public Errno Stat(string target, out FileStatus status) =>
        target.StartsWith('@') ? Syscall.Stat(_open[target], out status) : Syscall.StatAt(root, At(target), cached: false, out status);

    public Errno Chmod(string target, uint mode) => target.StartsWith('@') ? Syscall.Chmod(_open[target], mode) : Syscall.ChmodAt(root, At(target), mode);

    public Errno Chown(string target, uint uid, uint gid) =>
        target.StartsWith('@') ? Syscall.Chown(_open[target], uid, gid) : Syscall.ChownAt(root, At(target), uid, gid);

    public Errno Utimens(string target, Timestamp access, Timestamp modify) =>
        target.StartsWith('@') ? Syscall.Utimens(_open[target], access, modify) : Syscall.UtimensAt(root, At(target), access, modify);

    public Errno SetXattr(string target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        target.StartsWith('@') ? Syscall.SetXattr(_open[target], name, value, XattrFlags.None) : Syscall.SetXattrAt(root, At(target), name, value, XattrFlags.None);

    public Errno GetXattr(string target, ReadOnlySpan<byte> name, out byte[] value)
    {
        value = new byte[65536];
        var error = target.StartsWith('@') ? Syscall.GetXattr(_open[target], name, value, out var length) : Syscall.GetXattrAt(root, At(target), name, value, out length);
        value = error == Errno.None ? value[..length] : [];
        return error;
    }

    public Errno RemoveXattr(string target, ReadOnlySpan<byte> name) =>
        target.StartsWith('@') ? Syscall.RemoveXattr(_open[target], name) : Syscall.RemoveXattrAt(root, At(target), name);

    public Errno ListXattr(string target, out byte[] names)
    {
        names = new byte[65536];
        var error = target.StartsWith('@') ? Syscall.ListXattr(_open[target], names, out var length) : Syscall.ListXattrAt(root, At(target), names, out length);
        names = error == Errno.None ? names[..length] : [];
        return error;
    }

    public Errno ReadLink(string path, out byte[] target)
    {
        target = new byte[4096];
        var error = Syscall.ReadLinkAt(root, At(path), target, out var length);
        target = error == Errno.None ? target[..length] : [];
        return error;
    }

    public Errno List(string target, out List<Listed> names)
    {
        names = [];
        var error = Reach(target, OpenFlags.ReadOnly | OpenFlags.Directory, out var fd);
        if (error == Errno.None && target.StartsWith('@')) error = Syscall.LSeek(fd, 0, Whence.Set, out _);
        var buffer = new byte[32768];
        while (error == Errno.None && (error = Syscall.GetDents(fd, buffer, out var length)) == Errno.None && length > 0)
        {
            var entries = new DirectoryEntries(buffer.AsSpan(0, length));
            while (entries.MoveNext())
            {
                if (!entries.IsDotOrDotDot) names.Add(new Listed(entries.Name.ToArray(), entries.Inode, entries.Type, 0, default));
            }
        }
        return Leave(target, fd, error);
    }

    public void Dispose()
    {
        foreach (var fd in _open.Values) fd.Close();
        _open.Clear();
        DisposeWatched();
        Syscall.Umask(_umask);
    }

    private static byte[] At(string path) => path.Trim('/') is { Length: > 0 } name ? LayerText.Bytes(name) : "."u8.ToArray();

    private Errno Reach(string target, OpenFlags flags, out Fd fd)
    {
        fd = Fd.None;
        if (target.StartsWith('@')) return _open.TryGetValue(target, out fd) ? Errno.None : Errno.BADF;
        return Syscall.OpenAt(root, At(target), flags | OpenFlags.NoFollow | OpenFlags.NonBlock, 0, out fd);
    }

    private static Errno Leave(string target, Fd fd, Errno error) => target.StartsWith('@') ? error : Closing(fd, error);

    private static Errno Closing(Fd fd, Errno error)
    {
        var late = fd.IsOpen ? Syscall.Close(fd) : Errno.None;
        return error == Errno.None ? late : error;
    }
}
