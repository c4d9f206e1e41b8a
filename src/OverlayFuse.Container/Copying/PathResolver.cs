using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Finds a path in a container as its own processes would: links lead nowhere but inside, and volumes and binds are what they are there.</summary>
/// <param name="root">The root of the union, mounted.</param>
/// <param name="mounts">What is mounted over it in the container.</param>
public sealed class PathResolver(DirFd root, IReadOnlyList<MountPoint> mounts, bool isReadOnly) : IDisposable
{
    private const ResolveFlags Inside = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;

    private readonly List<DirFd> _sources = [];

    /// <param name="followLast">A link that the path ends in is followed, too.</param>
    public CopyEnd Find(CopyPath path, bool followLast)
    {
        var at = (Root: root, Path: Array.Empty<byte>(), ReadOnly: isReadOnly);
        for (var i = 0; i < path.Components.Count; i++)
        {
            var isLast = i == path.Components.Count - 1;
            byte[] next = at.Path.Length == 0 ? path.Components[i] : [.. at.Path, (byte)'/', .. path.Components[i]];
            var real = isLast && !followLast && !path.MeansDirectory && !path.Components[i].AsSpan().SequenceEqual(".."u8) ? Present(at.Root, next) : Resolve(at.Root, next);
            if (real is null) return new CopyEnd(at.Root, EntryPath.Join([next, .. path.Components.Skip(i + 1)]), Exists: false, IsDirectory: false, HasParent: isLast, at.ReadOnly);
            at.Path = real;
            if (at.Root == root && Covering(real) is { } mount) at = (OpenSource(mount), [], mount.ReadOnly);
        }
        return new CopyEnd(at.Root, at.Path, Exists: true, IsDirectory(at.Root, at.Path), HasParent: true, at.ReadOnly);
    }

    public void Dispose()
    {
        foreach (var source in _sources) source.Close();
    }

    private static byte[]? Present(DirFd from, byte[] path)
    {
        var error = Syscall.StatAt(from, path, cached: false, out _); // its directory is resolved already
        return error == Errno.None ? path : null;
    }

    private static byte[]? Resolve(DirFd from, byte[] path)
    {
        var error = Syscall.OpenAt2(from, path, OpenFlags.Path, 0, Inside, out var found);
        if (error is Errno.NOENT or Errno.NOTDIR) return null;
        if (error != Errno.None) throw new RefusedException($"cannot find /{EntryPath.Show(path)}: {error.Describe()}.");
        var (top, real) = (NameOf(from.Fd), NameOf(found));
        found.Close();
        if (real.AsSpan().SequenceEqual(top)) return [];
        return real.AsSpan().StartsWith(top) && real.Length > top.Length + 1 ? real[(top.Length + (top is [(byte)'/'] ? 0 : 1))..] : null;
    }

    private static byte[] NameOf(Fd fd)
    {
        var name = new byte[4096];
        var error = Syscall.ReadLinkAt(DirFd.Cwd, Encoding.ASCII.GetBytes($"/proc/self/fd/{fd.Number}"), name, out var length);
        return error == Errno.None ? name[..length] : throw new RefusedException($"cannot read /proc/self/fd: {error.Describe()}.");
    }

    private MountPoint? Covering(byte[] path) =>
        mounts.FirstOrDefault(mount => mount.Kind != MountKind.Tmpfs && Encoding.UTF8.GetBytes(mount.Target.Trim('/')).AsSpan().SequenceEqual(path) && Directory.Exists(mount.Source));

    private DirFd OpenSource(MountPoint mount)
    {
        var error = Syscall.Open(mount.Source, OpenFlags.ReadOnly | OpenFlags.Directory, out var source);
        if (error != Errno.None) throw new RefusedException($"cannot open {mount.Source}: {error.Describe()}.");
        _sources.Add(new DirFd(source.Number));
        return _sources[^1];
    }

    private static bool IsDirectory(DirFd from, byte[] path) =>
        path.Length == 0 || (Syscall.StatAt(from, path, cached: false, out var status) == Errno.None && status.IsDirectory);
}
