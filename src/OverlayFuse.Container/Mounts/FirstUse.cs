using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The first use of a volume: while it is empty, what the image has at its place is copied into it, owners and modes included.</summary>
public static class FirstUse
{
    /// <param name="root">The container's root file system, mounted.</param>
    /// <exception cref="RefusedException">It could not be copied.</exception>
    public static void Fill(ContainerRecord record, DirFd root)
    {
        foreach (var mount in record.Mounts)
        {
            if (mount is { Kind: MountKind.Volume, NoCopy: false } && !Directory.EnumerateFileSystemEntries(mount.Source).Any()) Copy(mount, root);
        }
    }

    private static void Copy(MountPoint mount, DirFd root)
    {
        var target = Encoding.UTF8.GetBytes(mount.Target.TrimStart('/'));
        if (Syscall.OpenAt2(root, target, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var from) != Errno.None)
            return; // the image has nothing there
        var error = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(mount.Source), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var to);
        try
        {
            if (error != Errno.None) throw new RefusedException($"cannot fill the volume {mount.Volume}: {error.Describe()}.", 125);
            TreeCopy.Run(new DirFd(from.Number), new DirFd(to.Number));
        }
        finally
        {
            from.Close();
            to.Close();
        }
    }
}
