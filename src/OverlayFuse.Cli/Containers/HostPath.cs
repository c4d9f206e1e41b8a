using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>A path of the host that a copy begins or ends at. Its directory is the root: a link that a container planted cannot lead out of it.</summary>
internal sealed class HostPath : IDisposable
{
    private HostPath(CopyEnd end) => End = end;

    public CopyEnd End { get; }

    /// <param name="follow">What a link leads to is meant, and not the link.</param>
    public static HostPath Open(byte[] path, bool follow)
    {
        var parsed = CopyPath.Parse(path);
        var isFollowed = follow || parsed.MeansDirectory || parsed.Name is [(byte)'.'];
        if (isFollowed && Syscall.OpenAt(DirFd.Cwd, path.Length == 0 ? "."u8 : path, OpenFlags.Path, 0, out var found) == Errno.None)
        {
            var error = Syscall.PathOf(found, out var real);
            found.Close();
            if (error == Errno.None) path = real;
            if (OpenDirectory(path) is { } whole) return new HostPath(new CopyEnd(whole, [], Exists: true, IsDirectory: true, HasParent: true));
        }
        var trimmed = path.AsSpan().TrimEnd((byte)'/');
        var at = trimmed.LastIndexOf((byte)'/');
        var name = trimmed[(at + 1)..].ToArray();
        if (OpenDirectory(at < 0 ? "."u8.ToArray() : at == 0 ? "/"u8.ToArray() : path[..at]) is not { } parent)
            return new HostPath(new CopyEnd(DirFd.None, name, false, false, HasParent: false));
        var exists = Syscall.StatAt(parent, name, cached: false, out var status) == Errno.None;
        return new HostPath(new CopyEnd(parent, name, exists, exists && status.IsDirectory, HasParent: true));
    }

    public void Dispose()
    {
        if (End.Root.IsOpen) End.Root.Close();
    }

    private static DirFd? OpenDirectory(byte[] path)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var directory);
        if (error == Errno.None) return new DirFd(directory.Number);
        return error is Errno.NOENT or Errno.NOTDIR ? null : throw new RefusedException($"cannot open {ByteText.Show(path)}: {error.Describe()}.");
    }
}
