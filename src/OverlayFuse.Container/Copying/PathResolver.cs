using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Finds a path in a container as its own processes would: links lead nowhere but inside, and volumes and binds are what they are there.</summary>
/// <remarks>Links are followed here and not by the kernel, which does not see the container's mounts: what they lead to may lie on another one.</remarks>
/// <param name="root">The root of the union, mounted.</param>
/// <param name="mounts">What is mounted over it in the container.</param>
public sealed class PathResolver(DirFd root, IReadOnlyList<MountPoint> mounts, bool isReadOnly) : IDisposable
{
    private const int MaxLinks = 40; // path_resolution(7)

    private readonly List<Ground> _grounds = [new Ground([], root, [], isReadOnly)];
    private readonly List<Fd> _opened = [];
    private int _placed;

    /// <param name="followLast">A link that the path ends in is followed, too.</param>
    /// <exception cref="RefusedException">It leads in a circle, or something on the way cannot be opened.</exception>
    public CopyEnd Find(CopyPath path, bool followLast)
    {
        // Those nearer to the root first, as the runtime mounts them: a target may lie on another mount.
        foreach (var mount in mounts.OrderBy(mount => mount.Target.Count(c => c == '/')).Skip(_placed))
        {
            _placed++;
            Place(mount);
        }
        return Walk(path.Components, followLast || path.MeansDirectory, out _);
    }

    public void Dispose()
    {
        foreach (var source in _opened) source.Close();
    }

    private CopyEnd Walk(IEnumerable<byte[]> components, bool followLast, out List<byte[]> place)
    {
        place = [];
        var pending = new Stack<byte[]>(components.Reverse());
        var links = 0;
        while (pending.TryPop(out var name))
        {
            if (name.AsSpan().SequenceEqual(".."u8))
            {
                if (place.Count > 0) place.RemoveAt(place.Count - 1);
                continue;
            }
            place.Add(name);
            var (ground, path) = Locate(place);
            if (Look(ground.Root, path, out var target) is not { } found)
            {
                place.AddRange(pending);
                return new CopyEnd(ground.Root, EntryPath.Join([path, .. pending]), Exists: false, IsDirectory: false, HasParent: pending.Count == 0, ground.ReadOnly);
            }
            if (found.Type != FileType.Symlink || (pending.Count == 0 && !followLast)) continue;
            if (++links > MaxLinks) throw new RefusedException($"cannot find /{EntryPath.Show(EntryPath.Join(place))}: {Errno.LOOP.Describe()}.");
            if (target is [(byte)'/', ..]) place.Clear();
            else place.RemoveAt(place.Count - 1);
            foreach (var component in CopyPath.Parse(target).Components.Reverse()) pending.Push(component);
        }
        var (last, end) = Locate(place);
        return new CopyEnd(last.Root, end, Exists: true, end.Length == 0 || Look(last.Root, end, out _) is { IsDirectory: true }, HasParent: true, last.ReadOnly);
    }

    // Null: nothing has the name, or it is beneath something that is no directory.
    private static FileStatus? Look(DirFd from, byte[] path, out byte[] target)
    {
        target = [];
        var error = Syscall.OpenAt2(from, path.Length == 0 ? "."u8 : path, OpenFlags.Path | OpenFlags.NoFollow, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out var fd);
        if (error is Errno.NOENT or Errno.NOTDIR) return null;
        if (error == Errno.None)
        {
            error = Syscall.Stat(fd, out var status);
            if (error == Errno.None && status.Type == FileType.Symlink)
            {
                var buffer = new byte[4096];
                error = Syscall.ReadLinkAt(new DirFd(fd.Number), [], buffer, out var length);
                target = buffer[..length];
            }
            fd.Close();
            if (error == Errno.None) return status;
        }
        throw new RefusedException($"cannot find /{EntryPath.Show(path)}: {error.Describe()}.");
    }

    /// <summary>The mount that a place lies on, the last one where several are mounted, and its path from there.</summary>
    private (Ground Ground, byte[] Path) Locate(List<byte[]> place)
    {
        var ground = _grounds.FindLast(ground => ground.Covers(place))!;
        var below = EntryPath.Join(place.Skip(ground.Place.Count));
        return (ground, ground.File.Length == 0 ? below : below.Length == 0 ? ground.File : [.. ground.File, (byte)'/', .. below]);
    }

    private void Place(MountPoint mount)
    {
        if (mount.Kind == MountKind.Tmpfs || !Path.Exists(mount.Source)) return;
        _ = Walk(CopyPath.Parse(Encoding.UTF8.GetBytes(mount.Target)).Components, followLast: true, out var place);
        var isFile = !Directory.Exists(mount.Source);
        var directory = isFile ? Path.GetDirectoryName(mount.Source)! : mount.Source;
        var error = Syscall.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory, out var source);
        if (error != Errno.None) throw new RefusedException($"cannot open {directory}: {error.Describe()}.");
        _opened.Add(source);
        _grounds.Add(new Ground(place, new DirFd(source.Number), isFile ? Encoding.UTF8.GetBytes(Path.GetFileName(mount.Source)) : [], mount.ReadOnly));
    }

    /// <param name="Place">Where it is mounted, links resolved.</param>
    /// <param name="File">The name below <paramref name="Root"/> of what is mounted, where it is no directory.</param>
    private sealed record Ground(List<byte[]> Place, DirFd Root, byte[] File, bool ReadOnly)
    {
        public bool Covers(List<byte[]> place) => Place.Count <= place.Count && Place.Zip(place).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
    }
}
