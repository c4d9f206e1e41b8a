using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Finds a path as processes would whose root this is: links lead nowhere but inside.</summary>
public sealed class PathResolver(DirFd root)
{
    private const int MaxLinks = 40; // path_resolution(7)

    /// <param name="followLast">A link that the path ends in is followed, too.</param>
    /// <exception cref="RefusedException">It leads in a circle, or something on the way cannot be opened.</exception>
    public CopyEnd Find(CopyPath path, bool followLast)
    {
        List<byte[]> place = [];
        var pending = new Stack<byte[]>(path.Components.Reverse());
        var links = 0;
        while (pending.TryPop(out var name))
        {
            if (name.AsSpan().SequenceEqual(".."u8))
            {
                if (place.Count > 0) place.RemoveAt(place.Count - 1);
                continue;
            }
            place.Add(name);
            if (Look(EntryPath.Join(place), out var target) is not { } found)
                return new CopyEnd(root, EntryPath.Join([.. place, .. pending]), Exists: false, IsDirectory: false, HasParent: pending.Count == 0);
            if (found.Type != FileType.Symlink || (pending.Count == 0 && !followLast && !path.MeansDirectory)) continue;
            if (++links > MaxLinks) throw new RefusedException($"cannot find /{EntryPath.Show(EntryPath.Join(place))}: {Errno.LOOP.Describe()}.");
            if (target is [(byte)'/', ..]) place.Clear();
            else place.RemoveAt(place.Count - 1);
            foreach (var component in CopyPath.Parse(target).Components.Reverse()) pending.Push(component);
        }
        var end = EntryPath.Join(place);
        return new CopyEnd(root, end, Exists: true, end.Length == 0 || Look(end, out _) is { IsDirectory: true }, HasParent: true);
    }

    // Null: nothing has the name, or it is beneath something that is no directory.
    private FileStatus? Look(byte[] path, out byte[] target)
    {
        target = [];
        var error = Syscall.OpenAt2(root, path.Length == 0 ? "."u8 : path, OpenFlags.Path | OpenFlags.NoFollow, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out var fd);
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
}
