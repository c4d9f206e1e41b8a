using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Where everything is kept: the tree that the lessons draw, below one root.</summary>
public sealed class StateDirectory
{
    // Nobody else may pass: layers and volumes hold set-uid programs, which whoever is root in a container only may have made.
    private const uint Own = Mode.OwnerAll;

    private readonly TemporaryFiles _temporary;

    private StateDirectory(string root) => (Root, _temporary) = (root, new TemporaryFiles(Path.Combine(root, "tmp")));

    public string Root { get; }

    /// <summary>One directory for each layer, image's or container's.</summary>
    public string Overlay => Path.Combine(Root, "overlay2");

    /// <summary>Short links to the layers' "diff", so that a long stack still fits into the text of a mount.</summary>
    public string Links => Path.Combine(Overlay, "l");

    public string Image => Path.Combine(Root, "image");

    public string Containers => Path.Combine(Root, "containers");

    public string Volumes => Path.Combine(Root, "volumes");

    /// <summary>Things being made. What killed commands left goes with the next that makes something, and with "image prune".</summary>
    public string Temporary => Path.Combine(Root, "tmp");

    /// <exception cref="RefusedException">It cannot be made or used.</exception>
    public static StateDirectory Open(string root)
    {
        var state = new StateDirectory(Path.GetFullPath(root));
        if (!Directory.Exists(state.Root)) MakeAbove(state.Root);
        foreach (var directory in new[] { state.Root, state.Overlay, state.Links, state.Image, state.Containers, state.Volumes, state.Temporary })
        {
            var error = Syscall.MkdirAt(DirFd.Cwd, Encoding.UTF8.GetBytes(directory), Own);
            if (error == Errno.EXIST) error = MayList(directory);
            if (error != Errno.None) throw Refused(state.Root, directory, error);
        }
        if (Syscall.StatAt(DirFd.Cwd, Encoding.UTF8.GetBytes(state.Root), cached: false, out var status) == Errno.None && (status.Mode & 0x3f /* 0077 */) != 0)
            _ = Syscall.ChmodAt(DirFd.Cwd, Encoding.UTF8.GetBytes(state.Root), Own); // one of before
        return Real(state);
    }

    private static Errno MayList(string directory)
    {
        var error = Syscall.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory, out var opened);
        opened.Close();
        return error;
    }

    private static void MakeAbove(string root)
    {
        for (var end = root.IndexOf('/', 1); end > 0; end = root.IndexOf('/', end + 1))
        {
            var error = Syscall.MkdirAt(DirFd.Cwd, Encoding.UTF8.GetBytes(root[..end]), Mode.OwnerAllOthersReadExecute);
            if (error is Errno.None or Errno.EXIST || Directory.Exists(root[..end])) continue; // on a read-only disk what is there is EROFS
            throw Refused(root, root[..end], error);
        }
    }

    private static RefusedException Refused(string root, string path, Errno error) =>
        new($"cannot keep images and containers in {root}: {path}: {error.Describe()}. Set the variable OVERLAYFUSE_STATE to keep them elsewhere.");

    // Mounts are known by paths without links.
    private static StateDirectory Real(StateDirectory state)
    {
        if (Syscall.Open(state.Root, OpenFlags.Path, out var root) != Errno.None) return state;
        var error = Syscall.PathOf(root, out var path);
        root.Close();
        return error == Errno.None ? new StateDirectory(Encoding.UTF8.GetString(path)) : state;
    }

    /// <summary>A new name below <see cref="Temporary"/>; nothing is made that has it.</summary>
    public string NewTemporary() => _temporary.NewName();

    /// <summary>Takes away what commands that were killed have left.</summary>
    public void SweepTemporary() => _temporary.Sweep();
}
