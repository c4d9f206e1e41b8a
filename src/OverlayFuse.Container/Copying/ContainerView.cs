using System.Runtime.ExceptionServices;
using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>What a container sees: its root with its volumes and binds over it, whether it runs or not.</summary>
/// <remarks>
/// As "docker cp" does, they are mounted in a mount namespace that no process stays in; it ends with the last descriptor. A path is walked among the
/// mounts that its root belongs to, so whoever has <see cref="Root"/> reads what is mounted. Who writes has to be inside (<see cref="Do"/>): only there
/// does the kernel keep a name from being removed that something is mounted on.
/// </remarks>
public sealed class ContainerView : IDisposable
{
    private readonly List<Place> _places = [];
    private Fd _mounts = Fd.None;

    private ContainerView()
    {
    }

    /// <summary>Open for reading.</summary>
    public DirFd Root { get; private set; } = DirFd.None;

    /// <param name="root">Where the root file system is mounted.</param>
    /// <param name="mounts">What is mounted over it. A tmpfs is left out: nobody but the container has it.</param>
    /// <param name="others">Other mounts that are nothing to us and are not to be kept while we look.</param>
    /// <exception cref="RefusedException">Something cannot be mounted.</exception>
    public static ContainerView Open(string root, IEnumerable<MountPoint> mounts, IEnumerable<string> others)
    {
        var view = new ContainerView();
        try
        {
            InThread(() => view.Make(root, mounts, others));
            return view;
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }

    public CopyEnd Find(CopyPath path, bool followLast) => new PathResolver(Root).Find(path, followLast);

    /// <summary>What is mounted at a path, or at a directory above it.</summary>
    /// <param name="isAt">It is mounted on the path itself, and is no directory.</param>
    /// <returns>Whether it can be written; null: that is the root.</returns>
    public bool? IsWritable(byte[] path, out bool isAt)
    {
        var over = _places.FindLast(place => place.Covers(path));
        isAt = over is { IsDirectory: false };
        return over is null ? null : !over.IsReadOnly;
    }

    /// <summary>Does something inside.</summary>
    public void Do(Action action) => InThread(() =>
    {
        Check("enter the mounts of a container", Syscall.EnterMounts(_mounts));
        action();
    });

    public void Dispose()
    {
        if (Root.IsOpen) Root.Close();
        _mounts.Close();
    }

    // Which mounts a thread sees is its own; those that it starts see the same.
    private static void InThread(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        { Name = "view" };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private void Make(string root, IEnumerable<MountPoint> mounts, IEnumerable<string> others)
    {
        Check("make a mount namespace", Syscall.LeaveMounts());
        Check("make a mount namespace", Syscall.Open("/proc/thread-self/ns/mnt", OpenFlags.ReadOnly, out _mounts));

        // What is unmounted outside goes here, too, and nothing that is mounted here gets there.
        Check("make a mount namespace", Syscall.Mount([], "/"u8, [], MountFlags.Slave | MountFlags.Recursive, []));
        foreach (var other in others) _ = Syscall.Unmount(Encoding.UTF8.GetBytes(other), UnmountFlags.Detach | UnmountFlags.NoFollow);
        Check($"enter {root}", Syscall.Open(root, OpenFlags.ReadOnly | OpenFlags.Directory, out var opened));
        Root = new DirFd(opened.Number);

        // Those nearer to the root first, as the runtime mounts them: a target may lie on another mount.
        foreach (var mount in mounts.OrderBy(mount => mount.Target.Count(c => c == '/')))
        {
            if (mount.Kind != MountKind.Tmpfs && Path.Exists(mount.Source)) Put(mount);
        }
    }

    private void Put(MountPoint mount)
    {
        var isDirectory = Directory.Exists(mount.Source);
        var end = Find(CopyPath.Parse(Encoding.UTF8.GetBytes(mount.Target)), followLast: true);
        if (!end.Exists) MakePlace(end.Path, isDirectory); // of a container that was never started, or on a tmpfs of its; docker makes them, too
        var deed = $"mount {mount.Source} on {mount.Target} of the container";
        Check(deed, OpenPlace(end.Path, out var place));
        var error = Syscall.Mount(Encoding.UTF8.GetBytes(mount.Source), PathOf(place), [], MountFlags.Bind | (mount.NonRecursive ? MountFlags.None : MountFlags.Recursive), []);
        place.Close();
        Check(deed, error);
        _places.Add(new Place(end.Path, isDirectory, mount.ReadOnly));
        if (!mount.ReadOnly) return;
        Check(deed, OpenPlace(end.Path, out var mounted));
        error = Syscall.MountSetAttr(new DirFd(mounted.Number), MountAttributes.ReadOnly, MountAttributes.None, recursive: false);
        if (error == Errno.NOSYS && Syscall.StatFs(mounted, out var status) == Errno.None)
            error = Syscall.Mount([], PathOf(mounted), [], MountFlags.Bind | MountFlags.Remount | MountFlags.ReadOnly | status.MountFlags, []);
        mounted.Close();
        Check(deed, error);
    }

    private void MakePlace(byte[] path, bool isDirectory)
    {
        if (isDirectory)
        {
            TreeTransfer.MakeDirectories(Root, path);
            return;
        }
        var at = path.AsSpan().LastIndexOf((byte)'/');
        if (at > 0) TreeTransfer.MakeDirectories(Root, path[..at]);
        Check($"make /{EntryPath.Show(path)}", Syscall.OpenAt2(Root, at > 0 ? path[..at] : "."u8, OpenFlags.Path | OpenFlags.Directory, 0, ResolveFlags.Beneath, out var directory));
        var error = Syscall.MknodAt(new DirFd(directory.Number), path[(at + 1)..], (uint)FileType.Regular | Mode.OwnerReadWriteOthersRead, 0, 0);
        directory.Close();
        Check($"make /{EntryPath.Show(path)}", error);
    }

    private Errno OpenPlace(byte[] path, out Fd place) => Syscall.OpenAt2(Root, path.Length == 0 ? "."u8 : path, OpenFlags.Path, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out place);

    private static byte[] PathOf(Fd fd) => Encoding.ASCII.GetBytes($"/proc/self/fd/{fd.Number}");

    private static void Check(string deed, Errno error)
    {
        if (error != Errno.None) throw new RefusedException($"cannot {deed}: {error.Describe()}.");
    }

    /// <summary>Where something is mounted, links resolved.</summary>
    private sealed record Place(byte[] Path, bool IsDirectory, bool IsReadOnly)
    {
        public bool Covers(byte[] path) => Path.Length == 0 || (path.AsSpan().StartsWith(Path) && (path.Length == Path.Length || path[Path.Length] == '/'));
    }
}
