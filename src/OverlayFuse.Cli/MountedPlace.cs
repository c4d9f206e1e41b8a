using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>A path in a live union: where that is mounted, and what the path is in it. The path need not exist.</summary>
internal sealed class MountedPlace : IDisposable
{
    private const int MaxTries = 5;

    private readonly Fd _root;
    private readonly byte[] _mountPoint;
    private readonly string _asked;

    private MountedPlace(Fd root, byte[] mountPoint, byte[] path, string asked) => (_root, _mountPoint, Path, _asked) = (root, mountPoint, path, asked);

    /// <summary>From the root of the union.</summary>
    public byte[] Path { get; }

    /// <exception cref="MountException">The path is in no live union of ours, or in one that is closed to us.</exception>
    public static MountedPlace Find(byte[] path)
    {
        var asked = ByteText.Show(path);
        var nearest = OpenNearest(path, asked, out var rest);
        try
        {
            var mounts = MountInfo.Read();
            var id = MountInfo.IdOf(nearest);
            var mount = mounts.FirstOrDefault(entry => entry.Id == id) ?? throw new MountException($"cannot tell which mount {asked} is on: /proc does not show the mounts of this process.");
            if (!OverlayType.MayBeOurs(mount.Type))
                throw new MountException($"{asked} is not in a union of overlayfuse: {ByteText.Show(mount.MountPoint)} is {mount.Type}. Layers that are not mounted can " +
                    "be asked with -o lowerdir=A:B,upperdir=U, and paths that begin at the root of their union.");

            var real = PathOf(nearest) ?? throw new MountException($"cannot tell where {asked} is: /proc is not mounted.");
            if (!Beneath(real, mount.MountPoint, out var inside)) throw new MountException($"cannot tell where {asked} is: {ByteText.Show(mount.MountPoint)} was moved meanwhile. Try again.");
            var root = mount.Root is [(byte)'/']
                ? mount
                : mounts.LastOrDefault(entry => OverlayType.MayBeOurs(entry.Type) && entry.Root is [(byte)'/'] && (entry.DeviceMajor, entry.DeviceMinor) == (mount.DeviceMajor, mount.DeviceMinor))
                ?? throw new MountException($"cannot ask the union that {asked} is in: only a part of it is mounted here, and it answers only at its root. Ask from where all of it is mounted.");
            byte[] prefix = mount.Root is [(byte)'/'] ? [] : mount.Root;
            return new MountedPlace(OpenRoot(root, asked), root.MountPoint, [.. prefix, .. inside, .. rest], asked);
        }
        finally
        {
            nearest.Close();
        }
    }

    /// <exception cref="MountException">The mount does not answer.</exception>
    public byte[] Ask(ControlKind kind)
    {
        var error = Errno.STALE;
        byte[] answer = [];
        for (var tries = 0; error == Errno.STALE && tries < MaxTries; tries++) error = ControlClient.Ask(_root, kind, kind == ControlKind.Explain ? Path : [], out answer);
        return error == Errno.None ? answer : throw new MountException($"cannot ask the union on {ByteText.Show(_mountPoint)} about {_asked}: {Sentence(error, _mountPoint)}");
    }

    public void Dispose() => _root.Close();

    /// <summary>Why a question was not answered.</summary>
    public static string Sentence(Errno error, byte[] mountPoint) => error switch
    {
        Errno.PERM => "only the user who mounted it and root may ask.",
        Errno.NOTTY or Errno.NOSYS => "its daemon cannot be asked: it is fuse-overlayfs, or ours of an old version. Mount it again.",
        Errno.NOTSUP => "its daemon is of a version that does not know this question. Mount it again.",
        Errno.NOTCONN or Errno.CONNABORTED => $"its daemon is dead. Remove the mount: overlayfuse umount {ByteText.Show(mountPoint)}",
        Errno.STALE => "too many ask at once. Try again.",
        Errno.ROFS => "it has no upper, so nothing in it can have changed.",
        Errno.INVAL => "\"..\" behind a name that does not exist leads nowhere. Write the path without it.",
        _ => $"{error.Describe()}.",
    };

    // The path itself, else the nearest directory above it that is there; what is left of the path then, with a leading slash.
    private static Fd OpenNearest(byte[] path, string asked, out byte[] rest)
    {
        rest = [];
        var at = path.AsSpan().TrimEnd((byte)'/').ToArray();
        if (at.Length == 0) at = path.Length == 0 ? "."u8.ToArray() : "/"u8.ToArray();
        while (true)
        {
            // The last name itself is what is asked about; on the way to what is not there, links lead on as always.
            var error = Syscall.OpenAt(DirFd.Cwd, at, OpenFlags.Path | (rest.Length == 0 ? OpenFlags.NoFollow : 0), 0, out var fd);
            if (error == Errno.None) return fd;
            if (error is Errno.NOTCONN or Errno.CONNABORTED)
                throw new MountException($"cannot ask about {asked}: the daemon of its union is dead. Remove the mount with overlayfuse umount.");
            if (error is not (Errno.NOENT or Errno.NOTDIR) || at is [(byte)'/'] or [(byte)'.']) throw new MountException($"cannot ask about {asked}: {error.Describe()}.");

            var slash = Array.LastIndexOf(at, (byte)'/');
            rest = [(byte)'/', .. at.AsSpan(slash + 1), .. rest];
            at = slash < 0 ? "."u8.ToArray() : slash == 0 ? "/"u8.ToArray() : at.AsSpan(0, slash).TrimEnd((byte)'/').ToArray();
        }
    }

    private static Fd OpenRoot(MountPointEntry mount, string asked)
    {
        var place = ByteText.Show(mount.MountPoint);
        var error = Syscall.OpenAt(DirFd.Cwd, mount.MountPoint, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd);
        if (error != Errno.None)
            throw new MountException($"cannot ask the union on {place} about {asked}: " +
                $"{(error == Errno.ACCES ? "its root directory is closed to you; the user who mounted it and root may ask." : Sentence(error, mount.MountPoint))}");
        if (MountInfo.IdOf(fd) == mount.Id) return fd;
        fd.Close();
        throw new MountException($"cannot ask the union on {place} about {asked}: something else is mounted over its root. Unmount that first, or ask from a namespace that sees the union.");
    }

    private static byte[]? PathOf(Fd fd) => Syscall.PathOf(fd, out var path) == Errno.None ? path : null;

    private static bool Beneath(byte[] path, byte[] top, out byte[] inside)
    {
        var prefix = top.AsSpan().TrimEnd((byte)'/');
        inside = [];
        if (!path.AsSpan().StartsWith(prefix)) return false;
        inside = path[prefix.Length..];
        return inside is [] or [(byte)'/', ..];
    }
}
