using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A directory that is to be mounted on.</summary>
public static class MountPlace
{
    private const int MaxDeadMounts = 8; // stacked by those who mounted again and again

    /// <summary>
    /// The absolute, link-free path of the directory, free of dead mounts that may be replaced. Unmounting needs it when the current directory is another.
    /// Failures are told by a <see cref="MountException"/>.
    /// </summary>
    /// <param name="subtype">That of the mount to come: dead ones of the same type are taken away.</param>
    /// <param name="replaces">Says which others are. Null: none.</param>
    public static byte[] Clear(byte[] mountPoint, string subtype, Predicate<MountPointEntry>? replaces)
    {
        for (var tries = 0; ; tries++)
        {
            var path = Resolve(mountPoint, out var isDead);
            if (!isDead) return path;

            // Whoever mounted another file system may be waiting for it.
            if (tries == MaxDeadMounts || MountInfo.Find(path) is not { } dead || !(dead.Type == $"fuse.{subtype}" || replaces?.Invoke(dead) == true))
                throw Mounter.Failure(mountPoint, MountText.Of(Errno.NOTCONN));
            if (Unmounter.Detach(path) is { } failure)
            {
                throw Mounter.Failure(mountPoint, $"the daemon of the mount that is there has died, and it cannot be taken away: {failure}\n" +
                    $"Who mounted it can, and root: umount -l {MountText.Path(path)}");
            }
        }
    }

    private static byte[] Resolve(byte[] mountPoint, out bool isDead)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, mountPoint, OpenFlags.Path | OpenFlags.Directory, 0, out var fd);
        if (error != Errno.None) throw Mounter.Failure(mountPoint, MountText.Of(error));

        try
        {
            // By statfs(2), which always asks the server: attributes that were valid for ever are told for the dead, too.
            isDead = Syscall.StatFs(fd, out _) is Errno.NOTCONN or Errno.CONNABORTED;
            return Syscall.PathOf(fd, out var path) == Errno.None ? path : mountPoint; // without /proc: as given
        }
        finally
        {
            fd.Close();
        }
    }
}
